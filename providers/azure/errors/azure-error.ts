import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { rawMessageOf } from "../../../src/errors.ts";
import { printableLine } from "../../../src/text/printable.ts";
import { told } from "./answer.ts";
import type { AzureFailure } from "./failure.ts";
import { AZURE_ERRORS } from "./table.ts";

/** A call of Azure's API that failed, in a plain sentence. It holds nothing of the request: no token and no user data. */
export class AzureError extends CloudError {
  /** HTTP's; undefined where there was no answer, and for an operation that failed after it was accepted. */
  readonly status: number | undefined;
  /** Azure's own words, such as `AllocationFailed`, the outermost first. */
  readonly codes: readonly string[];
  /** An earlier attempt got no answer: it may have taken effect. */
  readonly mayHaveHappened: boolean;

  constructor(failure: AzureFailure) {
    const { action, status, codes, message, inner, mayHaveHappened: happened } = failure;
    const said = [
      action,
      printableLine(codes.length === 0 ? String(status ?? "") : codes.join(", "), LONGEST_WORDS),
    ].filter((word) => word !== "");
    super({
      ...AZURE_ERRORS.explain(failure),
      said: `${said.join(" ")}: ${[message, inner].filter((text) => text !== "").join(" ")}`,
      cloudCode: codes[0] ?? "",
      refused: isRefusal(failure) && !happened,
    });
    this.status = status;
    this.codes = codes;
    this.mayHaveHappened = happened;
  }
}

/** What was asked of Azure. */
export type Asked = Pick<AzureFailure, "action" | "endpoint" | "attempts">;

const NOTHING: Pick<AzureFailure, "kind" | "status" | "inner" | "policies" | "mayHaveHappened"> = {
  kind: "",
  status: undefined,
  inner: "",
  policies: [],
  mayHaveHappened: false,
};
const LONGEST_INNER = 400;
const LONGEST_WORDS = 300;

/**
 * What the SDK threw, without the request.
 *
 * @param body of the answer: the SDK's error has only a part of it
 */
export function failureOf(error: unknown, asked: Asked, body?: string): AzureFailure {
  const { name, statusCode, code } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    statusCode?: unknown;
    code?: unknown;
  };
  const kind = typeof name === "string" ? name : "";
  const status = typeof statusCode === "number" ? statusCode : undefined;
  // PARSE_ERROR means that the body is not Azure's.
  const own = typeof code === "string" && code !== "PARSE_ERROR" ? [code] : [];
  return { ...asked, ...NOTHING, kind, status, ...withInner(own, rawMessageOf(error), body) };
}

/** The failure of an operation that was accepted, from the SDK's one sentence for it and the last answer. */
export function failureOfOperation(error: unknown, asked: Asked, body?: string): AzureFailure {
  const text = rawMessageOf(error);
  if (text.startsWith("Operation was canceled")) {
    return { ...asked, ...NOTHING, ...withInner(["Canceled"], text, body) };
  }
  const { reason, message = text } =
    /^The long-running operation has failed\. (?<reason>\w+)\. (?<message>.*)$/s.exec(text)?.groups ?? {};
  return { ...asked, ...NOTHING, ...withInner(reason === undefined ? [] : [reason], message, body) };
}

/** What Azure says of a machine itself. */
export function failureOfMachine(reason: string, message: string, asked: Asked): AzureFailure {
  return { ...asked, ...NOTHING, codes: [reason], message: plain(message) };
}

/** Whether the call may have taken effect although it failed. */
export function mayHaveHappened({ status }: AzureFailure): boolean {
  return status === undefined || status === 408 || status >= 500;
}

export function explain(failure: AzureFailure): AzureError {
  return new AzureError(failure);
}

/** The resource does not exist, or not any more. A 404 without a code of Azure's may come from a proxy. */
export function isNotFound(error: unknown): boolean {
  return error instanceof AzureError && error.status === 404 && !/^$|^(?:Invalid)?Subscription/.test(error.cloudCode);
}

/** The resource group does not exist, and nothing that was in it. */
export function isGroupGone(error: unknown): boolean {
  return isNotFound(error) && (error as AzureError).cloudCode === "ResourceGroupNotFound";
}

/** Azure refused. Its own errors always have a code. */
function isRefusal({ status, codes }: AzureFailure): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && codes.length > 0;
}

/** The codes and sentences of the answer beside those of the SDK's error, which are its outermost. */
function withInner(
  own: readonly string[],
  message: string,
  body: string | undefined,
): Pick<AzureFailure, "codes" | "message" | "inner" | "policies"> {
  const { codes, messages, policies } = told(body);
  const others = messages.filter((each) => !message.includes(each));
  return {
    codes: [...new Set([...own, ...codes])],
    message: plain(message),
    inner: plain(others.join(" ")).slice(0, LONGEST_INNER),
    policies: policies.map(plain),
  };
}

/** On one line, bounded, and with tokens, signatures and keys redacted. */
function plain(message: string): string {
  return printableLine(
    message.replaceAll(
      /eyJ[\w-]+\.[\w.-]+|Bearer [\w.~+/-]+=*|\bsig=[^&\s"']+|-----BEGIN[^]*?-----END[^-]*-----/g,
      "[secret]",
    ),
  );
}
