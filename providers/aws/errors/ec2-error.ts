import { CloudError, type CloudErrorParts } from "../../../src/cloud/errors/cloud-error.ts";
import { DaskFleetError, rawMessageOf } from "../../../src/errors.ts";
import { printableLine, printableName } from "../../../src/text/printable.ts";
import { encodedIn } from "./access.ts";
import type { Ec2Failure } from "./failure.ts";
import { EC2_ERRORS } from "./table.ts";

/** A call of EC2's API that failed. */
export class Ec2Error extends CloudError {
  /** All that EC2 said, where that can be shown. */
  readonly awsMessage: string;
  /** Of a denial: what `aws sts decode-authorization-message --encoded-message` reads. Its message ends with it, too. */
  readonly encodedMessage?: string;

  constructor(parts: CloudErrorParts, { awsMessage = "" }: { readonly awsMessage?: string } = {}) {
    super(parts);
    this.awsMessage = awsMessage;
    const encoded = encodedIn(awsMessage);
    if (encoded !== undefined) this.encodedMessage = encoded;
  }
}

/** What was asked of EC2, and where. */
export type Asked = Pick<Ec2Failure, "action" | "region" | "endpoint"> & {
  /** Whether an earlier attempt of the same call may have taken effect. */
  readonly mayHaveActed?: boolean;
};

/** EC2's answer may quote what was signed. */
const QUOTING =
  /^(?:RequestExpired|ExpiredToken.*|AuthFailure|InvalidClientTokenId|UnrecognizedClientException|.*Signature.*|MissingAuthenticationToken.*)$/;

/** Turns whatever the SDK threw into an error that says what is wrong. */
export function explain(error: unknown, asked: Asked): DaskFleetError {
  if (error instanceof DaskFleetError) return error;
  const { code, ...thrown } = inspected(error);
  const { action, region, endpoint, mayHaveActed = false } = asked;
  const failure: Ec2Failure = { action, region, endpoint, ...thrown, codes: [code] };
  const explained = EC2_ERRORS.explain(failure);
  const shownCode = printableName(code);
  const secretive = QUOTING.test(code) && explained.meaning === "credentials";
  const awsMessage = secretive ? "" : thrown.message;
  const said = `${action}: ${secretive ? shownCode : `${shownCode}: ${shown(awsMessage)}`}`;
  const { status } = thrown;
  const noRoom = explained.meaning === "capacity" || explained.meaning === "throttled";
  const refused = !mayHaveActed && status !== undefined && status >= 400 && (status < 500 || noRoom);
  return new Ec2Error({ ...explained, said, cloudCode: code, refused }, { awsMessage });
}

/** Why EC2 ended a machine, as one sentence; undefined where it does not say. */
export function reasonOfEnd(
  reason: { readonly Code?: string | undefined; readonly Message?: string | undefined } | undefined,
  { region, endpoint }: Omit<Asked, "action">,
): Ec2Error | undefined {
  const { Code: code = "", Message: message = "" } = reason ?? {};
  if (code === "" && message === "") return undefined;
  const failure = { action: "RunInstances", codes: [code], status: undefined, message, attempts: 1, region, endpoint };
  const said = message.startsWith(code) ? message : `${code}: ${message}`;
  const explained = EC2_ERRORS.explain(failure);
  return new Ec2Error({ ...explained, said: printableLine(said), cloudCode: code, refused: false });
}

/** An answer that is not EC2's. The call may have taken effect. */
export function notUnderstood(action: string): Ec2Error {
  return ownError(`The response to ${action} did not come from EC2. Check proxy and endpoint.`, "NotUnderstood", false);
}

/** EC2 is eventually consistent. */
export function notYetKnown(what: string, cloudCode: string): Ec2Error {
  return ownError(`EC2 created ${what} a moment ago and does not find it yet.`, cloudCode, true);
}

function ownError(sentence: string, cloudCode: string, refused: boolean): Ec2Error {
  const parts = { code: "PROVIDER_FAILED", meaning: "transient", elsewhere: false, said: "" } as const;
  return new Ec2Error({ ...parts, sentence, cloudCode, refused });
}

/** Whether EC2 has answered with one of these codes. */
export function isAws(error: unknown, ...awsCodes: readonly string[]): error is Ec2Error {
  return error instanceof Ec2Error && awsCodes.includes(error.cloudCode);
}

/** The part of what the SDK throws that is looked at; the rest holds the request. */
function inspected(error: unknown): Pick<Ec2Failure, "message" | "status" | "attempts"> & { readonly code: string } {
  const { name, code, $metadata } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number; attempts?: number };
  };
  const status = $metadata?.httpStatusCode;
  const named = typeof name === "string" ? name : "Error";
  return {
    code: status === undefined && typeof code === "string" ? code : named,
    message: rawMessageOf(error),
    status,
    attempts: $metadata?.attempts ?? 1,
  };
}

/** What only `aws sts decode-authorization-message` understands stays whole: a part of it is of no use. */
function shown(message: string): string {
  const encoded = encodedIn(message);
  if (encoded === undefined) return printableLine(message);
  const plain = message.replace(/\s*Encoded authorization failure message:.*$/su, "");
  return `${printableLine(plain)} Encoded authorization failure message: ${encoded}`;
}
