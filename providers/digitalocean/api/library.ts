import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout } from "node:timers";

import { LARGEST_ANSWER } from "../../../src/cloud/api/answer-size.ts";
import type { DigitalOcean, instance } from "../sdk.ts";
import { RequestFailure, type RequestFailureFields } from "./retries.ts";

/** digitalocean-js, and the HTTP client below it for what it has no method for. */
export interface Library {
  readonly sdk: DigitalOcean;
  readonly http: typeof instance;
}

/** On whose behalf a call is made. */
export interface CallContext {
  readonly token: string;
  /** With the API's version: `https://api.digitalocean.com/v2`. */
  readonly baseUrl: string;
  readonly signal: AbortSignal;
  /** How long an answer may take, to its last byte, in milliseconds. */
  readonly timeoutMs: number;
  readonly onHeaders: (headers: Headers) => void;
}

/** More came than an answer may have. */
export class AnswerTooLarge extends Error {}

/** What axios throws, as far as it is looked at. The rest holds the token. */
interface Thrown {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly response?: { readonly status: number; readonly data?: unknown; readonly headers?: unknown };
}

/**
 * The library keeps one token for the whole process, in its one HTTP client. Here each call brings its own, so that clusters with
 * different tokens do not meet, and a call without one is not made.
 */
const calls = new AsyncLocalStorage<CallContext>();

let loading: Promise<Library> | undefined;

/** Loads the library, once. */
export async function loadLibrary(): Promise<Library> {
  loading ??= load();
  return await loading;
}

/** Makes a call of the library. Fails with a `RequestFailure`. */
export async function callLibrary<Answer>(
  context: CallContext,
  send: (library: Library) => Promise<Answer>,
): Promise<Answer> {
  const library = await loadLibrary();
  return await calls.run(context, () => send(library));
}

async function load(): Promise<Library> {
  const { DigitalOcean: Client, instance: http } = await import("../sdk.ts");
  const sdk = new Client("");
  delete http.defaults.headers.common["Authorization"];
  http.interceptors.request.use((config) => {
    const { token, baseUrl, signal, timeoutMs } = current();
    config.headers.set("Authorization", `Bearer ${token}`);
    // axios's own time-out begins anew with each byte: an answer that trickles would never end.
    const ends = AbortSignal.any([signal, timeLimit(timeoutMs)]);
    // A redirection would take the token to another server.
    return Object.assign(config, { baseURL: baseUrl, signal: ends, maxRedirects: 0, maxContentLength: LARGEST_ANSWER });
  });
  http.interceptors.response.use(
    (response) => {
      current().onHeaders(headersOf(response.headers));
      return response;
    },
    (error: unknown) => {
      const { onHeaders } = current();
      const failure = failureOf(error, current());
      onHeaders(failure.headers);
      throw failure;
    },
  );
  return { sdk, http };
}

function current(): CallContext {
  const context = calls.getStore();
  if (context === undefined) throw new Error("digitalocean-js was called without a token of the call's own");
  return context;
}

function failureOf(error: unknown, { token, signal }: CallContext): RequestFailure {
  const { message, code, response } = (typeof error === "object" && error !== null ? error : {}) as Thrown;
  const clean = (text: unknown): string => (typeof text === "string" ? text.replaceAll(token, "[token]") : "");
  const data = response?.data;
  const body = (typeof data === "object" && data !== null ? data : {}) as { id?: unknown; message?: unknown };
  const isLate = code === "ERR_CANCELED" && !signal.aborted;
  if (typeof message === "string" && message.startsWith("maxContentLength size of ")) throw new AnswerTooLarge();
  const fields: RequestFailureFields = {
    status: response?.status,
    code: clean(isLate ? "ETIMEDOUT" : response === undefined ? code : body.id),
    message: clean(isLate ? "no whole answer in time" : response === undefined ? message : body.message),
    headers: headersOf(response?.headers),
  };
  return new RequestFailure(fields);
}

function headersOf(headers: unknown): Headers {
  const entries = Object.entries((headers ?? {}) as Record<string, unknown>);
  return new Headers(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/**
 * A signal that aborts after a time, as `AbortSignal.timeout` does. That one keeps a process of Deno's alive until it fires where
 * somebody listens to it.
 */
function timeLimit(ms: number): AbortSignal {
  const controller = new AbortController();
  const message = "The operation was aborted due to timeout";
  setTimeout(() => controller.abort(new DOMException(message, "TimeoutError")), ms).unref();
  return controller.signal;
}
