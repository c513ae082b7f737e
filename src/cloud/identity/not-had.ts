import { DaskFleetError, messageOf } from "../../errors.ts";

/**
 * A cloud's certificates or keys cannot be had right now.
 *
 * @param what as in a sentence: `Google's keys for identity tokens`
 */
export function notHad(what: string, cause: unknown): DaskFleetError {
  const message =
    `${what} cannot be had (${messageOf(cause)}), so no machine can join. Check proxy and network, ` +
    "or set `identityCertificates` to a file with them, or to `never`.";
  return new DaskFleetError("PROVIDER_FAILED", message, { meaning: "transient", cause });
}
