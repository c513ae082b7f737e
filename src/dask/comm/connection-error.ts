import type { ErrorCode } from "../../errors.ts";
import { DaskFleetError, isError, messageOf } from "../../errors.ts";
import { RENEWAL } from "../../security/tls-material.ts";
import type { ClientTls } from "../../security/tls-material.ts";

type Rule = readonly [pattern: RegExp, code: ErrorCode, sentence: string];

const ANOTHER = "the certificate of another scheduler or role";

/**
 * Messages for Node's and OpenSSL's error codes. An `ALERT` means that the scheduler rejects us; otherwise we reject it. OpenSSL's
 * spelling of alerts varies between versions, hence the patterns.
 */
const RULES: readonly Rule[] = [
  [/ALERT_CERTIFICATE_REQUIRED/u, "SCHEDULER_REFUSED", "it requires a client certificate and got none"],
  [/ALERT_UNKNOWN_CA/u, "SCHEDULER_REFUSED", "our client certificate was signed by a CA it does not know"],
  [
    /ALERT_BAD_CERTIFICATE/u,
    "SCHEDULER_REFUSED",
    "our client certificate is damaged or not valid yet, by its clock (do the clocks differ?)",
  ],
  [
    /ALERT_(?:UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED|ACCESS_DENIED|DECRYPT_ERROR)/u,
    "SCHEDULER_REFUSED",
    "it does not accept our client certificate",
  ],
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE/u,
    "SCHEDULER_REFUSED",
    "no TLS version in common",
  ],
  [
    /HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_CIPHERS/u,
    "SCHEDULER_REFUSED",
    "no TLS cipher in common, or it requires a client certificate",
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/u,
    "SCHEDULER_REFUSED",
    "it does not speak TLS there (is it a tcp:// scheduler?)",
  ],
  [
    /^CERT_NOT_YET_VALID$/u,
    "SCHEDULER_REFUSED",
    "its certificate is not valid yet, by this computer's clock (do the clocks differ?)",
  ],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED/u,
    "SCHEDULER_REFUSED",
    `it shows ${ANOTHER}: our CA did not sign it`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/u,
    "SCHEDULER_REFUSED",
    `it shows ${ANOTHER}: the name of our scheduler is not in it`,
  ],
  [/^INVALID_PURPOSE$/u, "SCHEDULER_REFUSED", `it shows ${ANOTHER}: it is not a server's`],
  [/^ECONNREFUSED$/u, "SCHEDULER_UNREACHABLE", "nothing listens there"],
  [/^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)$/u, "SCHEDULER_UNREACHABLE", "there is no route to it"],
  [/^(?:ENOTFOUND|EAI_)/u, "SCHEDULER_UNREACHABLE", "its host name is not known"],
  [/^ETIMEDOUT$/u, "SCHEDULER_UNREACHABLE", "it does not answer (is a firewall in between?)"],
  [/^(?:ECONNRESET|EPIPE|ECONNABORTED)$/u, "SCHEDULER_UNREACHABLE", "the connection was reset"],
];

const UNKNOWN_TLS: Rule = [/^ERR_(?:SSL|TLS)_/u, "SCHEDULER_REFUSED", "TLS failed"];

/**
 * The error for a socket's error, with the original as `cause`.
 *
 * @param address in the form `tls://host:port`
 * @param notAfter when the certificates of both sides expire, if known
 */
export function connectionError(error: unknown, address: string, notAfter?: ClientTls["notAfter"]): DaskFleetError {
  const code = errorCode(error);
  const expired = expiredSentence(code, notAfter);
  if (expired !== undefined) {
    return new DaskFleetError("SCHEDULER_REFUSED", `${failure(address)}: ${expired}`, { cause: error });
  }
  const rule = [...RULES, UNKNOWN_TLS].find(([pattern]) => pattern.test(code));
  const sentence = rule === undefined || rule === UNKNOWN_TLS ? messageOf(error) : rule[2];
  return new DaskFleetError(rule?.[1] ?? "SCHEDULER_UNREACHABLE", `${failure(address)}: ${sentence}`, { cause: error });
}

function expiredSentence(code: string, notAfter: ClientTls["notAfter"]): string | undefined {
  const isTheirs = /^CERT_HAS_EXPIRED$/u.test(code);
  if (!isTheirs && !/ALERT_CERTIFICATE_EXPIRED/u.test(code)) return undefined;
  const whose = isTheirs ? "its certificate" : "our client certificate";
  const clock = isTheirs ? "by this computer's clock" : "by its clock";
  const at = isTheirs ? notAfter?.scheduler : notAfter?.client;
  if (at === undefined) return `${whose} has expired, ${clock}`;
  const date = at.toISOString();
  return at.getTime() <= Date.now()
    ? `${whose} expired at ${date}. ${RENEWAL}`
    : `${whose} has expired, ${clock}; by this computer's it expires at ${date} (do the clocks differ?)`;
}

export function wrongKey(address: string, got: string | undefined, expected: string): DaskFleetError {
  return new DaskFleetError(
    "SCHEDULER_REFUSED",
    `${failure(address)}: it shows ${ANOTHER}, with the public key ${got ?? "(none)"} instead of ${expected}`,
  );
}

/** The error for a peer that accepts the connection and then closes it or sends nothing. */
export function unreachable(address: string, sentence: string): DaskFleetError {
  return new DaskFleetError("SCHEDULER_UNREACHABLE", `${failure(address)}: ${sentence}`);
}

function failure(address: string): string {
  return `No connection to the scheduler at ${address}`;
}

function errorCode(error: unknown): string {
  return isError(error) && "code" in error ? String(error.code) : "";
}
