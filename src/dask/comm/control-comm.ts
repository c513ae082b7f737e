import { Deadline, seconds } from "../../deadline.ts";
import type { DaskFleetError } from "../../errors.ts";
import { withDeadline } from "../../expiry.ts";
import { CommLost } from "../dask-errors.ts";
import type { Comm, Request } from "./comm.ts";
import { unreachable } from "./connection-error.ts";
import type { Connector } from "./connector.ts";

/**
 * The long-lived comm for quick requests. When it was dropped while idle (by a firewall, or a restart of the scheduler), the request is
 * retried once on a new one; so it is only for idempotent operations.
 */
export class ControlComm {
  readonly #connector: Connector;
  #opening: Promise<Comm> | undefined;
  #comm: Comm | undefined;

  constructor(connector: Connector) {
    this.#connector = connector;
  }

  /** The comm, opened on demand; concurrent callers share one. */
  async open(deadline: Deadline): Promise<Comm> {
    deadline.signal?.throwIfAborted();
    if (this.#comm?.alive === true) return this.#comm;
    this.#opening ??= this.#dial();
    const timeout = (): DaskFleetError =>
      unreachable(this.#connector.address, `not connected within ${seconds(deadline.timeoutMs)}`);
    return await withDeadline(this.#opening, deadline, timeout);
  }

  async request(request: Request, deadline: Deadline): Promise<unknown> {
    for (;;) {
      const comm = await this.open(deadline);
      const wasIdle = comm.answers > 0;
      try {
        return await comm.request(request, deadline);
      } catch (error) {
        if (!(error instanceof CommLost) || (error.sent && !wasIdle)) throw error;
      }
    }
  }

  /** Has its own deadline: one caller's abort must not fail the others. */
  async #dial(): Promise<Comm> {
    try {
      this.#comm = await this.#connector.open(new Deadline(this.#connector.timeoutMs));
      return this.#comm;
    } finally {
      this.#opening = undefined;
    }
  }
}
