import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { printableLine, printableName } from "../../../src/text/printable.ts";
import type { RequestFailure } from "../api/request-failure.ts";
import { isOutOfRoom } from "./capacity.ts";
import type { OciFailure } from "./failure.ts";
import { OCI_ERRORS } from "./table.ts";

/** A call of OCI's API that failed. */
export class OciError extends CloudError {}

/** What was asked of OCI, and where. */
export interface Asked extends Pick<OciFailure, "action" | "attempts" | "region" | "endpoint" | "compartmentId"> {
  /** Whether an earlier attempt of the same call may have taken effect. */
  readonly mayHaveHappened: boolean;
}

/** What a failed request means. */
export function explain(
  { status, code, message, requestId }: RequestFailure,
  { mayHaveHappened, ...asked }: Asked,
): OciError {
  const explained = OCI_ERRORS.explain({ ...asked, status, message, codes: [code] });
  const isAnswered = status !== undefined && status >= 400 && (status < 500 || isOutOfRoom(message));
  // OCI's answer to a bad signature may quote what was signed.
  const shown = explained.meaning === "credentials" ? "" : `: ${printableLine(message)}`;
  const id = requestId === undefined ? "" : `, opc-request-id ${printableName(requestId, 120)}`;
  const said = `${asked.action}: ${printableName(code === "" ? `status ${status}` : code)}${message === "" ? "" : shown}${id}`;
  return new OciError({ ...explained, said, cloudCode: code, refused: isAnswered && !mayHaveHappened });
}

/** Why a machine came to nothing after its create call had succeeded, by its work request. */
export function failureOfWork(
  { code, message }: { readonly code: string; readonly message: string },
  asked: Asked,
): OciError {
  const { mayHaveHappened: _none, ...where } = asked;
  const explained = OCI_ERRORS.explain({ ...where, status: undefined, message, codes: [code] });
  const said = printableLine(`${code}: ${message}`);
  return new OciError({ ...explained, said, cloudCode: code, refused: false });
}

/** An answer that is not OCI's. The call may have taken effect. */
export function notUnderstood(action: string): OciError {
  return ownError(`The response to ${action} did not come from OCI. Check proxy and endpoint.`, "NotUnderstood", false);
}

/** OCI is eventually consistent. */
export function notYetKnown(what: string): OciError {
  return ownError(`OCI created ${what} a moment ago and does not find it yet.`, "NotYetKnown", true);
}

/** @param said what the SDK said */
export function noCredentials(sentence: string, said: string): OciError {
  const parts = { code: "AUTH_FAILED", meaning: "credentials", elsewhere: false, cloudCode: "NoCredentials" } as const;
  return new OciError({ ...parts, sentence, said: printableLine(said), refused: true });
}

/** Whether OCI answered that the resource does not exist or that these credentials may not see it. */
export function isNotFound(error: unknown): error is OciError {
  return isOci(error, "NotAuthorizedOrNotFound", "NotFound");
}

/** Whether OCI has answered with one of these codes. */
export function isOci(error: unknown, ...codes: readonly string[]): error is OciError {
  return error instanceof OciError && codes.includes(error.cloudCode);
}

function ownError(sentence: string, cloudCode: string, refused: boolean): OciError {
  const parts = { code: "PROVIDER_FAILED", meaning: "transient", elsewhere: false, said: "" } as const;
  return new OciError({ ...parts, sentence, cloudCode, refused });
}
