import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { connect as connectTls } from "node:tls";

import { CLIENT_HANDSHAKE, type CommAddress, type TlsMaterial } from "../dask-fleet.ts";
import { messageOf } from "../support/message-of.ts";

const TIMEOUT_MS = 10_000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/**
 * Connects to a scheduler as a worker would, and says why that worker could not join, if it could not. As in Python, the peer's
 * name is of no interest, its CA, dates and purpose are.
 *
 * @param source the worker's own address
 */
export async function knock(
  { host, port }: Pick<CommAddress, "host" | "port">,
  source: string,
  tls: TlsMaterial | undefined,
): Promise<string | undefined> {
  let socket: Socket | undefined;
  try {
    if (tls !== undefined) checkServes(tls.cert);
    const where = { host, port, localAddress: source };
    socket =
      tls === undefined
        ? connect(where)
        : connectTls({ ...where, ...tls, minVersion: "TLSv1.2", checkServerIdentity: () => undefined });
    // The scheduler greets admitted clients only; one that expects TLS breaks off at this plain greeting.
    if (tls === undefined) socket.write(CLIENT_HANDSHAKE);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const greeted = once(socket, "data", { signal });
    const broken = once(socket, "close", { signal }).then(() => {
      throw new Error("it broke off");
    });
    await Promise.race([greeted, broken]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    socket?.destroy();
  }
}

/** Others must be able to dial a worker, too. */
function checkServes(cert: string): void {
  const purposes = new X509Certificate(cert).keyUsage as string[] | undefined;
  if (purposes?.includes(SERVER_AUTH) === false) throw new Error("its certificate is a client's: nobody could dial it");
}
