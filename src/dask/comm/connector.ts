import { Deadline } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { type TlsSource, tlsOf } from "../../security/tls-material.ts";
import type { CommAddress } from "../address.ts";
import { formatAddress, parseAddress } from "../address.ts";
import { Comm } from "./comm.ts";

/** Opens comms to one address and tracks them, so that closing leaves none open. */
export class Connector {
  readonly address: string;
  /** Time-out of one connection, handshakes included. */
  readonly timeoutMs: number;
  readonly #target: CommAddress;
  readonly #tls: TlsSource | undefined;
  readonly #open = new Set<Comm>();
  readonly #lifetime = new AbortController();

  /** @throws DaskFleetError `CONFIG_INVALID`, or `SECURITY_INVALID` when the address and the TLS material contradict each other */
  constructor(address: string, tls: TlsSource | undefined, timeoutMs: number) {
    this.#target = parseAddress(address);
    this.address = formatAddress(this.#target);
    this.#tls = tls;
    this.timeoutMs = timeoutMs;
    if ((this.#target.scheme === "tls") !== (tls !== undefined)) {
      const problem =
        tls === undefined ? "needs TLS material, and none was given" : "would not use the given TLS material";
      throw new DaskFleetError("SECURITY_INVALID", `The scheduler address ${this.address} ${problem}`);
    }
  }

  async open(deadline: Deadline): Promise<Comm> {
    const lifetime = this.#lifetime.signal;
    lifetime.throwIfAborted();
    const signal = deadline.signal === undefined ? lifetime : AbortSignal.any([deadline.signal, lifetime]);
    const timeoutMs = Math.min(this.timeoutMs, deadline.remainingMs);
    const comm = await Comm.connect(this.#target, tlsOf(this.#tls), new Deadline(timeoutMs, signal));
    this.#open.add(comm);
    void comm.closed.then(() => this.#open.delete(comm));
    if (lifetime.aborted) await comm.close();
    lifetime.throwIfAborted();
    return comm;
  }

  /** Closes every comm and aborts connection attempts with `CLOSED`. Never rejects. */
  async close(): Promise<void> {
    this.#lifetime.abort(new DaskFleetError("CLOSED", `The client of the scheduler at ${this.address} is closed`));
    await Promise.all([...this.#open].map((comm) => comm.close()));
  }
}
