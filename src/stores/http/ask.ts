import type { IncomingMessage, RequestOptions } from "node:http";

import { BackOff } from "../../back-off.ts";
import { proxyAgent, throughProxy } from "../../cloud/api/proxy.ts";
import { Deadline } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import { printableLine } from "../../text/printable.ts";
import { within } from "../../wait.ts";

/** A request to a store. */
export interface Question {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** CA certificates that the server may be signed by, as PEM. Default: Node's. */
  readonly ca?: string | undefined;
  /** What a refusal says that another try may overcome, besides its status. Default: nothing. */
  readonly busy?: RegExp;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Stores allow 64 KiB for a secret; a chain of certificates is in a bundle of several times that. */
const LARGEST_ANSWER = 512 * 1024;
const ATTEMPT_TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
const PAUSES = { firstMs: 200, longestMs: 3000 };

/**
 * Asks a store, again where it is busy or does not answer. No redirection is followed: the credentials are for this server alone.
 *
 * @throws DaskFleetError `PROVIDER_FAILED` where there is no answer, or one that is too large
 */
export async function ask(question: Question, signal: AbortSignal): Promise<Answer> {
  const host = printableLine(new URL(question.url).host);
  const backOff = new BackOff(PAUSES, { signal });
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === ATTEMPTS;
    try {
      const deadline = new Deadline(ATTEMPT_TIMEOUT_MS, signal);
      const answer = await within(`an answer of ${host}`, deadline, async (inner) => await askOnce(question, inner));
      if (isLast || !isBusy(answer, question.busy)) return answer;
    } catch (cause) {
      signal.throwIfAborted();
      if (isLast || cause instanceof AnswerTooLarge) throw noAnswer(question.url, host, cause);
    }
    await backOff.pause();
  }
}

function isBusy({ status, text }: Answer, words: RegExp | undefined): boolean {
  return status >= 500 || status === 429 || (status >= 400 && words?.test(text) === true);
}

class AnswerTooLarge extends Error {}

async function askOnce({ url, method = "GET", headers, body, ca }: Question, signal: AbortSignal): Promise<Answer> {
  const { request } = await (new URL(url).protocol === "https:" ? import("node:https") : import("node:http"));
  const agent = await proxyAgent();
  const options: RequestOptions & { readonly ca?: string } = {
    method,
    headers: { accept: "application/json", ...headers },
    signal,
    ...(agent === undefined ? {} : { agent }),
    ...(ca === undefined ? {} : { ca }),
  };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, options, resolve).on("error", reject).end(body);
    });
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > LARGEST_ANSWER) throw new AnswerTooLarge(`its answer is larger than ${LARGEST_ANSWER / 1024} KiB`);
      parts.push(part);
    }
    return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() };
  } finally {
    agent?.destroy();
  }
}

function noAnswer(url: string, host: string, cause: unknown): DaskFleetError {
  const message = `No usable answer of ${host}${throughProxy(url)}: ${messageOf(cause)}. Check the network, the proxy and the endpoint.`;
  return new DaskFleetError("PROVIDER_FAILED", message, { cause, meaning: "transient" });
}
