import type { IncomingMessage } from "node:http";

import { seconds } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Check, Observation } from "../../provider/checkup.ts";
import { proxyAgent } from "../api/proxy.ts";

/** Signatures fail at five minutes, a new certificate is not valid yet for a clock that is behind. */
const MOST_SKEW_MS = 60_000;
/** A Date header has whole seconds. */
const GRAIN_MS = 1000;
const SET_CLOCK = 'Set the clock: "sudo timedatectl set-ntp true" on Linux.';

/**
 * Whether this computer's clock and the cloud's agree.
 *
 * @param url of the cloud's API. Nobody is signed in, and any answer will do
 * @param after topics of checks that must have gone well before
 */
export function clockCheck(url: () => Promise<string>, after: readonly string[] = []): Check {
  return {
    topic: "clock",
    title: "clock",
    after,
    run: async (signal) => {
      const target = await url();
      const { host } = new URL(target);
      const before = Date.now();
      let date: string | undefined;
      try {
        date = await dateAt(target, signal);
      } catch (error) {
        signal.throwIfAborted();
        return noAnswer(host, messageOf(error));
      }
      const told = Date.parse(date ?? "");
      if (Number.isNaN(told)) return { state: "unknown", found: `${host} does not tell the time` };
      return skewOf({ before, after: Date.now(), told }, host);
    },
  };
}

function noAnswer(host: string, why: string): Observation {
  const remedy = /certificate|self.signed/i.test(why)
    ? `Behind a proxy that opens TLS, set NODE_EXTRA_CA_CERTS to its CA's file. If the certificate is said to be expired, or not valid yet, the clock is wrong. ${SET_CLOCK}`
    : "Check the network connection and HTTPS_PROXY.";
  return { state: "unknown", found: `${host} does not answer: ${why}`, remedy };
}

interface Times {
  /** Before the request and after the answer, by this computer's clock. */
  readonly before: number;
  readonly after: number;
  /** By the other's clock, at some time between the two. */
  readonly told: number;
}

/** How far the clocks are apart at least, whenever between request and answer the other looked at its own. */
export function skewOf({ before, after, told }: Times, host: string): Observation {
  const behind = Math.max(0, told - after);
  const ahead = Math.max(0, before - (told + GRAIN_MS));
  const apart = Math.max(behind, ahead);
  if (apart <= MOST_SKEW_MS) {
    return { state: "good", found: apart < GRAIN_MS ? `as ${host}'s` : `${seconds(apart)} off ${host}'s` };
  }
  const found = `${seconds(apart)} ${behind > 0 ? "behind" : "ahead of"} ${host}'s`;
  return { state: "bad", found, remedy: `Signatures and TLS certificates fail with a wrong clock. ${SET_CLOCK}` };
}

async function dateAt(url: string, signal: AbortSignal): Promise<string | undefined> {
  const { request } = await (new URL(url).protocol === "https:" ? import("node:https") : import("node:http"));
  const agent = await proxyAgent();
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method: "HEAD", signal, ...(agent === undefined ? {} : { agent }) };
      request(new URL("/", url), options, resolve).on("error", reject).end();
    });
    response.destroy();
    return response.headers.date;
  } finally {
    agent?.destroy();
  }
}
