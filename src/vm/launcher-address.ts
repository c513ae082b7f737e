import { isIP } from "node:net";

import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { within } from "../wait.ts";

const TIMEOUT_MS = 10_000;
const LONGEST_ANSWER = 100;

/**
 * The address under which this computer is seen from the Internet, as a range of one: `203.0.113.7/32`.
 *
 * @param service a URL that answers with the caller's address and nothing else
 * @throws DaskFleetError `CONFIG_INVALID` that says to set `allowedCidrs`
 */
export async function launcherRange(service: string, signal: AbortSignal): Promise<string> {
  const deadline = new Deadline(TIMEOUT_MS, signal);
  let answer: string;
  try {
    answer = await within(`an answer of ${service}`, deadline, (inner) => ask(service, inner));
  } catch (cause) {
    signal.throwIfAborted();
    throw unknownAddress(`${service} did not tell it: ${messageOf(cause)}`, cause);
  }
  const family = isIP(answer);
  if (family === 0) throw unknownAddress(`${service} answered with something that is no address`);
  return `${answer}/${family === 4 ? 32 : 128}`;
}

async function ask(service: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(service, { signal, redirect: "error", headers: { accept: "text/plain" } });
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return (await response.text()).slice(0, LONGEST_ANSWER).trim();
}

function unknownAddress(why: string, cause?: unknown): DaskFleetError {
  const message =
    "The firewall is to admit this computer, but its public address is not known " +
    `(${why}). Set the \`allowedCidrs\` option, such as ["203.0.113.7/32"], or \`publicIp: false\`.`;
  return new DaskFleetError("CONFIG_INVALID", message, { cause });
}
