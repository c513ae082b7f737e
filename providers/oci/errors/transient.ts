import { triesOf } from "../../../src/cloud/errors/error-table.ts";
import type { OciEntry } from "./failure.ts";

/** What ends by itself: throttling, server errors, resources that are in use or not ready. */
export const TRANSIENT: readonly OciEntry[] = [
  {
    statuses: [429],
    meaning: "throttled",
    say: (failure) =>
      `OCI throttled the call${triesOf(failure)}: this user makes too many calls in ${failure.region}. Try again later, or set a longer \`pollIntervalMs\`.`,
  },
  {
    codes: ["InvalidatedRetryToken"],
    meaning: "transient",
    say: "OCI already answered a request with this retry token, and its machine is gone or different. The next request has a new token.",
  },
  {
    codes: ["IncorrectState", "Conflict", "PreconditionFailed"],
    about: /vnics?\b|in use|associated|attached|references?/i,
    actions: /^Delete/,
    meaning: "transient",
    say: "The resource is still in use, such as by a machine that is ending: try again later, or remove what uses it.",
  },
  {
    codes: ["IncorrectState", "Conflict", "PreconditionFailed", "ExternalServerIncorrectState"],
    meaning: "transient",
    say: "The resource is not in a state that allows this yet. Try again in a moment.",
  },
  {
    statuses: [500, 502, 503, 504],
    meaning: "transient",
    say: (failure) =>
      `OCI had an internal error${triesOf(failure)}. Try again later; https://ocistatus.oraclecloud.com shows outages.`,
  },
];
