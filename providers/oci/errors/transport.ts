import { throughProxy } from "../../../src/cloud/api/proxy.ts";
import { triesOf } from "../../../src/cloud/errors/error-table.ts";
import { type OciEntry, type OciFailure, urlOf } from "./failure.ts";

const server = (failure: OciFailure): string =>
  `${failure.endpoint === undefined ? `OCI in the region ${failure.region}` : new URL(failure.endpoint).origin}${throughProxy(urlOf(failure))}`;

/** An answer without a code is not OCI's. */
const isForeign = ({ codes }: OciFailure): boolean => codes.every((code) => code === "");

/** Answers that are not OCI's, and no answer at all. */
export const TRANSPORT: readonly OciEntry[] = [
  {
    codes: ["ENOTFOUND"],
    meaning: "configuration",
    say: (failure) =>
      `The address of ${server(failure)} was not found. Check the name of the region, the network and the variables HTTPS_PROXY and NO_PROXY.`,
  },
  {
    statuses: [407],
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `The proxy on the way to ${server(failure)} requires credentials. Set HTTPS_PROXY to http://<user>:<password>@<host>:<port>.`,
  },
  {
    codes: ["NotUnderstood"],
    meaning: "transient",
    say: (failure) =>
      `The response to ${failure.action} did not come from OCI${triesOf(failure)}. Check proxy and endpoint.`,
  },
  {
    when: (failure) => isForeign(failure) && (failure.status ?? 500) >= 500,
    statuses: [500, 501, 502, 503, 504, 508, 511, 520, 522, 524],
    meaning: "transient",
    say: (failure) =>
      `A proxy or gateway answered instead of ${server(failure)}, with HTTP status ${failure.status}${triesOf(failure)}.`,
  },
  {
    when: (failure) =>
      isForeign(failure) && failure.status !== undefined && failure.status !== 429 && failure.status !== 401,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `A proxy or gateway refused the connection to ${server(failure)}, with HTTP status ${failure.status}: have it admit the host, or check \`endpoint\`, HTTPS_PROXY and NO_PROXY.`,
  },
  {
    codes: /^(?:CERT_.*|.*_CERT_?.*|ERR_TLS.*|EPROTO|ERR_SSL.*|.*SELF_SIGNED.*|UNABLE_TO_.*)$/,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `The certificate of ${server(failure)} is not trusted. Behind a proxy that reads TLS, set NODE_EXTRA_CA_CERTS to its CA's file.`,
  },
  {
    statuses: [undefined],
    codes: /^(?:E[A-Z_]+|HPE_.*|UND_ERR.*|Error|ERR_STREAM.*)$/,
    meaning: "transient",
    say: (failure) => `The connection to ${server(failure)} failed${triesOf(failure)}.`,
  },
];
