import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { Deadline } from "../../deadline.ts";
import { within } from "../../wait.ts";
import type { AddressFamily } from "../network/address-family.ts";
import { proxyAgent } from "./proxy.ts";

export interface BoundedGet {
  /** The most bytes of the answer that are read. */
  readonly bytes: number;
  readonly signal: AbortSignal;
  /** The `accept` header. */
  readonly accept: string;
  /** The address family to ask by. Default: whichever leads there. */
  readonly family?: AddressFamily | undefined;
  /** In milliseconds. Default: 10 s. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The beginning of what a URL answers with, asked through the proxy that the environment names. Redirections are not followed.
 *
 * @throws Error for any status but 200, for no answer in time, and the signal's reason
 */
export async function boundedGet(url: string, given: BoundedGet): Promise<Buffer> {
  const { bytes, signal, accept, family, timeoutMs = 10_000 } = given;
  const agent = await proxyAgent();
  try {
    return await within(`an answer of ${url}`, new Deadline(timeoutMs, signal), async (inner) => {
      const { get } = await (new URL(url).protocol === "https:" ? import("node:https") : import("node:http"));
      const options = { signal: inner, headers: { accept }, ...(family && { family }), agent: agent ?? false };
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, options, resolve).on("error", reject);
      });
      if (response.statusCode !== 200) {
        response.destroy();
        throw new Error(`HTTP status ${response.statusCode}`);
      }
      return await buffer(Readable.from(beginning(response, bytes)));
    });
  } finally {
    agent?.destroy();
  }
}

async function* beginning(response: IncomingMessage, bytes: number): AsyncGenerator<Buffer> {
  let room = bytes;
  for await (const part of response) {
    const chunk = part as Buffer;
    yield chunk.subarray(0, room);
    room -= chunk.length;
    if (room <= 0) return;
  }
}
