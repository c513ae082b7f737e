import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type AzureFailure, ofKind, server, tries } from "./failure.ts";

/** Answers that are not Azure's, and no answer at all. Azure's own errors always have a code. */
export const TRANSPORT: readonly ErrorEntry<AzureFailure>[] = [
  {
    statuses: [407],
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `The proxy on the way to ${server(failure)} requires credentials. Set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT.`,
  },
  {
    when: ({ status, codes, kind }) =>
      status !== undefined &&
      status < 500 &&
      status !== 429 &&
      status !== 401 &&
      codes.length === 0 &&
      kind === "RestError",
    meaning: "transient",
    say: (failure) =>
      `The response did not come from Azure but from something between here and ${server(failure)}${tries(failure)}. Check proxy and endpoint.`,
  },
  {
    codes: ["ENOTFOUND", "EAI_AGAIN"],
    meaning: "transient",
    say: (failure) => `The address of ${server(failure)} was not found${tries(failure)}. Check the network connection.`,
  },
  {
    codes: /CERT|SELF_SIGNED|^UNABLE_TO_(?:GET|VERIFY)/,
    meaning: "transient",
    say: (failure) =>
      `The TLS certificate of ${server(failure)} is not trusted${tries(failure)}: with a proxy that opens TLS, set NODE_EXTRA_CA_CERTS to its CA.`,
  },
  {
    statuses: [undefined],
    when: ofKind("AbortError"),
    meaning: "transient",
    say: (failure) => `${server(failure)} did not answer in time${tries(failure)}.`,
  },
  {
    codes: /^E[A-Z_]+$|^REQUEST_SEND_ERROR$|^UND_ERR/,
    meaning: "transient",
    say: (failure) => `The connection to ${server(failure)} failed${tries(failure)}.`,
  },
  {
    when: ({ status, kind, codes }) =>
      status === undefined && codes.length === 0 && ["RestError", "SyntaxError", "TypeError"].includes(kind),
    meaning: "transient",
    say: (failure) => `${server(failure)} gave no readable response${tries(failure)}.`,
  },
];
