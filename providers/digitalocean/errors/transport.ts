import { type ErrorEntry, triesOf } from "../../../src/cloud/errors/error-table.ts";
import type { DropletFailure } from "./failure.ts";

/** Answers that are not DigitalOcean's, and no answer at all. */
export const TRANSPORT: readonly ErrorEntry<DropletFailure>[] = [
  {
    statuses: [300, 301, 302, 303, 307, 308],
    meaning: "unknown",
    say: ({ server }) => `${server} answered with a redirection, as DigitalOcean does not. Check proxy and endpoint.`,
  },
  {
    statuses: [undefined],
    codes: ["ENOTFOUND", "EAI_AGAIN"],
    meaning: "transient",
    say: (failure) =>
      `The address of ${failure.server} was not found${triesOf(failure)}. Check the network connection.`,
  },
  {
    statuses: [undefined],
    about: /certificate|self.signed/i,
    meaning: "configuration",
    say: ({ server }) =>
      `The certificate of ${server} is not trusted. Behind a proxy that opens TLS, set NODE_EXTRA_CA_CERTS to its CA's file.`,
  },
  {
    statuses: [undefined],
    codes: /^(?:ECONNABORTED|ETIMEDOUT)$/,
    meaning: "transient",
    say: (failure) =>
      `${failure.server} did not answer in time${triesOf(failure)}. Check the network connection and HTTPS_PROXY.`,
  },
  {
    statuses: [undefined],
    meaning: "transient",
    say: (failure) =>
      `The connection to ${failure.server} failed${triesOf(failure)}. Check the network connection and HTTPS_PROXY.`,
  },
];
