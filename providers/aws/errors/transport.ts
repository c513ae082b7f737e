import { throughProxy } from "../../../src/cloud/api/proxy.ts";
import { triesOf } from "../../../src/cloud/errors/error-table.ts";
import { type Ec2Entry, type Ec2Failure, urlOf } from "./failure.ts";

const server = (failure: Ec2Failure): string =>
  `${failure.endpoint === undefined ? `EC2 in the region ${failure.region}` : new URL(failure.endpoint).origin}${throughProxy(urlOf(failure))}`;

/** The SDK's names for an error without a code of EC2's, such as a proxy's page. */
const NOT_EC2 = ["Unknown", "UnknownError"];

/** Answers that are not EC2's, and no answer at all. */
export const TRANSPORT: readonly Ec2Entry[] = [
  {
    codes: ["ENOTFOUND"],
    meaning: "configuration",
    say: (failure) =>
      `The address of ${server(failure)} was not found. Check the name of the region, the network and the variables HTTPS_PROXY and NO_PROXY.`,
  },
  {
    statuses: [407],
    meaning: "configuration",
    say: (failure) =>
      `The proxy on the way to ${server(failure)} requires credentials. Set HTTPS_PROXY to http://<user>:<password>@<host>:<port>.`,
  },
  {
    codes: NOT_EC2,
    when: ({ status = 0 }) => status >= 500,
    meaning: "transient",
    say: (failure) =>
      `A proxy or gateway answered instead of ${server(failure)}, with HTTP status ${failure.status}${triesOf(failure)}.`,
  },
  {
    codes: NOT_EC2,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `A proxy or gateway refused the connection to ${server(failure)}, with HTTP status ${failure.status}: have it admit the host, or check \`endpoint\`, HTTPS_PROXY and NO_PROXY.`,
  },
  {
    codes: /^(?:CERT_.*|.*_CERT_?.*|ERR_TLS.*|EPROTO|ERR_SSL.*)$/,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `The certificate of ${server(failure)} is not trusted. Behind a proxy that reads TLS, set NODE_EXTRA_CA_CERTS to its CA's file.`,
  },
  {
    codes:
      /^(?:EAI_AGAIN|ECONN.*|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|TimeoutError|AbortError|ENETDOWN|UND_ERR.*)$/,
    meaning: "transient",
    say: (failure) => `The connection to ${server(failure)} failed${triesOf(failure)}.`,
  },
];
