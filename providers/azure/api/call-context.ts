import { AsyncLocalStorage } from "node:async_hooks";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

import type { ComputeManagementClient } from "@azure/arm-compute";

import { answerTooLarge, boundedBody } from "../../../src/cloud/api/answer-size.ts";

export type Policy = Parameters<ComputeManagementClient["pipeline"]["addPolicy"]>[0];

type Answer = Awaited<ReturnType<Policy["sendRequest"]>>;

/** What holds for the requests of one call. */
export class CallContext {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** How long the last answer asks to wait, in milliseconds. */
  retryAfterMs: number | undefined;
  /** The last answer where it tells of an error, of the call or of the operation that it looks at. */
  errorBody: string | undefined;

  constructor(signal: AbortSignal, timeoutMs: number) {
    this.signal = signal;
    this.timeoutMs = timeoutMs;
  }

  async run<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    return await contexts.run(this, send);
  }
}

const contexts = new AsyncLocalStorage<CallContext>();

/**
 * Gives each request its call's signal and time-out: the SDK hands neither on to the further pages of a list and to the polls of an
 * operation. Keeps of the answer what the SDK's errors lack: its Retry-After, and the inner errors.
 */
export const callPolicy: Policy = {
  name: "daskFleetCallPolicy",
  async sendRequest(request, next) {
    const context = contexts.getStore();
    if (context === undefined) return await next(request);
    request.abortSignal = context.signal;
    request.timeout = context.timeoutMs;
    const response = await next(request);
    context.retryAfterMs = retryAfterMs(response.headers);
    context.errorBody = errorBody(response);
    assertNoPage(response);
    return response;
  },
};

/** A proxy's page to log in at says that all is well, and the SDK would make of it a thing without any properties. */
function assertNoPage({ status, headers }: Answer): void {
  if (!/\bhtml\b/i.test(headers.get("content-type") ?? "")) return;
  throw Object.assign(new Error(`status ${status}, and a page of HTML`), { name: "RestError", statusCode: status });
}

function errorBody({ status, bodyAsText }: Answer): string | undefined {
  if (typeof bodyAsText !== "string") return undefined;
  return status >= 400 || /"status"\s*:\s*"(?:Failed|Canceled)"/i.test(bodyAsText) ? bodyAsText : undefined;
}

/** Azure says it in seconds, in milliseconds (`x-ms-retry-after-ms`), or not at all. */
function retryAfterMs(headers: Answer["headers"]): number | undefined {
  const milliseconds = Number(headers.get("x-ms-retry-after-ms") ?? headers.get("retry-after-ms") ?? Number.NaN);
  const ms = Number.isNaN(milliseconds) ? Number(headers.get("retry-after") ?? Number.NaN) * 1000 : milliseconds;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

const ALL = new Set([Number.POSITIVE_INFINITY]);

/** Reads the answer's text in the place of the SDK's own HTTP client, which reads whatever comes. It stands next to that client. */
export const boundPolicy: Policy = {
  name: "daskFleetBoundPolicy",
  async sendRequest(request, next) {
    request.streamResponseStatusCodes = ALL;
    const response = await next(request);
    const { readableStreamBody: body, ...rest } = response;
    if (body === undefined) return response;
    const { method, url } = request;
    const action = `${method} ${new URL(url).pathname}`;
    const bodyAsText = await text(boundedBody(body as Readable, () => answerTooLarge("Azure", action)));
    return { ...rest, bodyAsText };
  },
};
