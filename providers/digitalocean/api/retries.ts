import type { RetryRules } from "../../../src/cloud/api/retry-policy.ts";

export interface RequestFailureFields {
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  /** DigitalOcean's own, such as `unprocessable_entity`, or the network's, such as `ECONNRESET`. */
  readonly code: string;
  readonly message: string;
  readonly headers: Headers;
}

/** A request that failed, without what was sent: that holds the token. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  readonly status: number | undefined;
  readonly code: string;
  readonly headers: Headers;

  constructor({ status, code, message, headers }: RequestFailureFields) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Nothing was sent: there was nobody to send it to. */
const NOT_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** DigitalOcean refused the call or never got it: nothing was done. */
export function isUndone({ status, code }: RequestFailure): boolean {
  return status === undefined ? NOT_SENT.has(code) : status < 500;
}

/** How long DigitalOcean asks a throttled caller to wait, in milliseconds. */
export function retryAfterMs({ status, headers }: RequestFailure): number | undefined {
  const ms = status === 429 ? Number(headers.get("retry-after") ?? Number.NaN) * 1000 : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

const LONGEST_PAUSE_MS = 60_000;

/** Which failures of a call are retried. */
export const DROPLET_RETRIES: RetryRules<RequestFailure> = [
  // DigitalOcean counts calls by the minute: six pauses from here on are longer than one.
  { when: ({ status }) => status === 429, firstMs: 1000, longestMs: LONGEST_PAUSE_MS },
  { when: ({ status }) => status === undefined || status >= 500, firstMs: 100, longestMs: LONGEST_PAUSE_MS },
];
