import type { Agent, IncomingMessage, request as sendPlain } from "node:http";
import type { request as sendSecure } from "node:https";
import { text } from "node:stream/consumers";

import { answerTooLarge, boundedBody } from "../../../src/cloud/api/answer-size.ts";
import { proxyAgent } from "../../../src/cloud/api/proxy.ts";
import { RequestFailure } from "./request-failure.ts";

/** Answers that are text. The SDK asks for JSON all the same. */
const TEXTS: ReadonlySet<string> = new Set(["GetConsoleHistoryContent"]);

/** A signed request. */
export interface Sent {
  readonly method: string;
  readonly uri: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** As much of a `Response` as the SDK reads. */
export type Answer = Pick<Response, "status" | "headers" | "json" | "text">;

interface Limits {
  /** For errors: `LaunchInstance`. */
  readonly action: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Sends requests in the place of the SDK's own HTTP client, which knows no proxy, no time-out, no abort, follows redirections with the
 * signature, and reads whatever comes.
 */
export class Transport {
  readonly #plain: typeof sendPlain;
  readonly #secure: typeof sendSecure;
  readonly #agent: Agent | undefined;

  private constructor(plain: typeof sendPlain, secure: typeof sendSecure, agent: Agent | undefined) {
    this.#plain = plain;
    this.#secure = secure;
    this.#agent = agent;
  }

  static async open(): Promise<Transport> {
    const [{ request: plain }, { request: secure }, agent] = await Promise.all([
      import("node:http"),
      import("node:https"),
      proxyAgent(),
    ]);
    return new Transport(plain, secure, agent);
  }

  /** @throws RequestFailure for every answer but a success, and for none */
  async send({ method, uri, headers, body }: Sent, { action, signal, timeoutMs }: Limits): Promise<Answer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const message = await this.#answer(uri, {
        method,
        headers: Object.fromEntries(headers),
        body,
        signal: AbortSignal.any([signal, timeout]),
      });
      const content = await text(boundedBody(message, () => answerTooLarge("OCI", action)));
      return understood(message, content, TEXTS.has(action));
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw new RequestFailure({ code: "ETIMEDOUT", message: "no answer in time" });
      throw RequestFailure.of(error);
    }
  }

  async #answer(
    uri: string,
    {
      body,
      ...options
    }: {
      readonly method: string;
      readonly headers: Record<string, string>;
      readonly body: string | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<IncomingMessage> {
    const send = uri.startsWith("https:") ? this.#secure : this.#plain;
    const agent = this.#agent === undefined ? {} : { agent: this.#agent };
    return await new Promise((resolve, reject) => {
      send(uri, { ...options, ...agent }, resolve)
        .once("error", reject)
        .end(body);
    });
  }
}

function understood(
  { statusCode: status = 0, headers: raw }: IncomingMessage,
  content: string,
  isText: boolean,
): Answer {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) if (value !== undefined) headers.set(name, String(value));
  if (status < 200 || status > 299) throw RequestFailure.ofAnswer(status, headers, content);
  return {
    status,
    headers,
    text: async () => await Promise.resolve(content),
    json: async () => await Promise.resolve(isText ? content : parsed(status, content)),
  };
}

/** A proxy's page to log in at says that all is well. */
function parsed(status: number, content: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    throw new RequestFailure({ status, code: "NotUnderstood", message: "the answer is no JSON" });
  }
}
