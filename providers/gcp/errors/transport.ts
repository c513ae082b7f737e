import { type ErrorEntry, triesOf } from "../../../src/cloud/errors/error-table.ts";
import { throughProxyTo } from "../api/proxy.ts";
import { type GcpFailure, NO_ANSWER } from "./failure.ts";

const server = ({ endpoint }: GcpFailure): string =>
  `${endpoint ?? "Google's Compute Engine"}${throughProxyTo(endpoint)}`;

/** Answers that are not Google's, and no answer at all. */
export const TRANSPORT: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: [NO_ANSWER],
    about: /ENOTFOUND/,
    meaning: "configuration",
    say: (failure) =>
      `The address of ${server(failure)} was not found. Check the network, the proxy and the \`endpoint\` option.`,
  },
  {
    codes: [NO_ANSWER],
    about:
      /EAI_AGAIN|ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|socket hang up|Premature close|certificate|Deadline exceeded|fetch failed|[Pp]roxy/i,
    meaning: "transient",
    say: (failure) => `The connection to ${server(failure)} failed${triesOf(failure)}.`,
  },
  {
    codes: [NO_ANSWER],
    meaning: "transient",
    say: (failure) => `The response did not come from ${server(failure)}${triesOf(failure)}. Check proxy and endpoint.`,
  },
];
