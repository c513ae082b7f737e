import { describe, expect, it } from "vitest";

import { connectionError } from "../../../src/dask/comm/connection-error.ts";

function explain(code: string): { code: string; message: string; cause?: unknown } {
  return connectionError(Object.assign(new Error(`raw ${code}`), { code }), "tls://10.0.0.4:8786");
}

describe("connectionError", () => {
  it.each([
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "SCHEDULER_REFUSED", /requires a client certificate/u],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "SCHEDULER_REFUSED", /CA it does not know/u],
    ["ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED", "SCHEDULER_REFUSED", /expired/u],
    ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "SCHEDULER_REFUSED", /expired/u],
    ["ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE", "SCHEDULER_REFUSED", /clocks/u],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "SCHEDULER_REFUSED", /no TLS version in common/u],
    ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", "SCHEDULER_REFUSED", /no TLS cipher in common/u],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "SCHEDULER_REFUSED", /does not speak TLS/u],
    ["ERR_SSL_SOMETHING_NEW", "SCHEDULER_REFUSED", /raw ERR_SSL_SOMETHING_NEW/u],
    ["CERT_HAS_EXPIRED", "SCHEDULER_REFUSED", /its certificate has expired, by this computer's clock$/u],
    ["CERT_NOT_YET_VALID", "SCHEDULER_REFUSED", /not valid yet/u],
    ["SELF_SIGNED_CERT_IN_CHAIN", "SCHEDULER_REFUSED", /certificate of another scheduler or role: our CA/u],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SCHEDULER_REFUSED", /certificate of another scheduler or role: our CA/u],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "SCHEDULER_REFUSED", /certificate of another scheduler or role: the name/u],
    ["INVALID_PURPOSE", "SCHEDULER_REFUSED", /not a server's/u],
    ["ECONNREFUSED", "SCHEDULER_UNREACHABLE", /nothing listens/u],
    ["EHOSTUNREACH", "SCHEDULER_UNREACHABLE", /no route/u],
    ["ENOTFOUND", "SCHEDULER_UNREACHABLE", /host name/u],
    ["EAI_AGAIN", "SCHEDULER_UNREACHABLE", /host name/u],
    ["ETIMEDOUT", "SCHEDULER_UNREACHABLE", /firewall/u],
    ["ECONNRESET", "SCHEDULER_UNREACHABLE", /reset/u],
    ["EMFILE", "SCHEDULER_UNREACHABLE", /raw EMFILE/u],
  ])("explains %s", (code, expected, sentence) => {
    const error = explain(code);
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(/^No connection to the scheduler at tls:\/\/10\.0\.0\.4:8786: /u);
    expect(error.message).toMatch(sentence);
    expect(error.cause).toMatchObject({ code });
  });
});
