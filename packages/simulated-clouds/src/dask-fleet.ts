/**
 * All that this package takes from dask-fleet: user data, Dask's protocol, machines that are processes of this
 * computer, and certificates. No other file here knows where dask-fleet's sources are. A simulated cloud whose machines boot nothing needs
 * of these only the certificates, and those only where its SDK insists on TLS (Azure).
 */
export { userDataFiles } from "../../../providers/local/machines/lay-files.ts";
export { LocalMachine } from "../../../providers/local/machines/local-machine.ts";
export { type CommAddress, formatAddress, parseAddress } from "../../../src/dask/address.ts";
export { FrameReader } from "../../../src/dask/comm/frames.ts";
export { CLIENT_HANDSHAKE } from "../../../src/dask/comm/handshake.ts";
export { decodeMessage, encodeMessage } from "../../../src/dask/message/message.ts";
export { atOnce } from "../../../src/dask/message/steps.ts";
export { ETC, LIB, START_SCRIPT } from "../../../src/bootstrap/machine-file.ts";
export { issueCertificate } from "../../../src/security/certificates/issue-certificate.ts";
export type { TlsMaterial } from "../../../src/security/tls-material.ts";
