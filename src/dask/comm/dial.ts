import type { Socket } from "node:net";
import { connect as tcpConnect, isIP } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import type { Deadline } from "../../deadline.ts";
import { seconds } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import { onExpiry } from "../../expiry.ts";
import { nodeTls } from "../../node-tls.ts";
import { publicKeyHash } from "../../security/certificates/public-key.ts";
import type { ClientTls } from "../../security/tls-material.ts";
import type { CommAddress } from "../address.ts";
import { formatAddress } from "../address.ts";
import { connectionError, unreachable, wrongKey } from "./connection-error.ts";
import { secureContextOf } from "./secure-context.ts";

const KEEP_ALIVE_MS = 10_000;

/**
 * Opens the socket: TCP, or TLS with the peer's certificate checked against the CA, the name and the pinned public key.
 * With TLS 1.3 the scheduler has not verified our certificate yet when this resolves: a rejection comes with the first read.
 *
 * @throws DaskFleetError `SCHEDULER_UNREACHABLE`, `SCHEDULER_REFUSED` or `SECURITY_INVALID`
 */
export async function dial(address: CommAddress, tls: ClientTls | undefined, deadline: Deadline): Promise<Socket> {
  deadline.signal?.throwIfAborted();
  const where = formatAddress(address);
  const socket = openSocket(address, tls);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  await new Promise<void>((resolve, reject) => {
    let step = "a TCP connection";
    const fail = (reason: unknown): void => {
      callOff();
      socket.destroy();
      reject(reason);
    };
    const closed = (): void => fail(unreachable(where, "it closed the connection at once"));
    const callOff = onExpiry(
      deadline,
      () => unreachable(where, `no answer to ${step} within ${seconds(deadline.timeoutMs)}`),
      fail,
    );
    // Stays for the socket's life: a late error must not be unhandled.
    socket.on("error", (error) => fail(connectionError(error, where, tls?.notAfter)));
    socket.once("close", closed);
    socket.once("connect", () => {
      step = "the TLS handshake";
    });
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      const wrong = tls === undefined ? undefined : checkKey(socket as TLSSocket, tls, where);
      if (wrong !== undefined) {
        fail(wrong);
        return;
      }
      callOff();
      socket.off("close", closed);
      resolve();
    });
  });
  return socket;
}

function openSocket({ host, port }: CommAddress, tls: ClientTls | undefined): Socket {
  if (tls === undefined) return tcpConnect({ host, port });
  try {
    return nodeTls().connect(tlsOptions(host, port, tls));
  } catch (error) {
    throw new DaskFleetError("SECURITY_INVALID", `The client's TLS files cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function tlsOptions(host: string, port: number, tls: ClientTls): ConnectionOptions {
  const { serverName } = tls;
  return {
    host,
    port,
    secureContext: secureContextOf(tls),
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot override it.
    rejectUnauthorized: true,
    ...(serverName === undefined
      ? // No name that we know stands in the certificate. The pinned key below says more than a name could.
        { checkServerIdentity: () => undefined, ...(isIP(host) === 0 ? { servername: host } : {}) }
      : { servername: serverName }),
  };
}

function checkKey(socket: TLSSocket, tls: ClientTls, where: string): DaskFleetError | undefined {
  if (tls.schedulerKey256 === undefined) return undefined;
  const certificate = socket.getPeerX509Certificate();
  const got = certificate === undefined ? undefined : publicKeyHash(certificate);
  return got === tls.schedulerKey256 ? undefined : wrongKey(where, got, tls.schedulerKey256);
}
