import { Agent } from "node:http";
import type { Duplex } from "node:stream";

import type { CommAddress } from "../../dask/address.ts";
import { dial } from "../../dask/comm/dial.ts";
import { Deadline } from "../../deadline.ts";
import { asError } from "../../errors.ts";
import { type TlsSource, tlsOf } from "../../security/tls-material.ts";

/** How to reach the gate in front of a scheduler's dashboard. */
export interface GateTarget {
  readonly address: CommAddress;
  readonly tls: TlsSource | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The gate closes idle connections after 10 s; ours close earlier, so that no request meets that. */
const IDLE_MS = 5000;
/** Concurrent requests. WebSockets do not count. */
const MAX_REQUESTS = 16;

/** Connects to the gate and to nothing else, whatever host a request names. */
export class GateAgent extends Agent {
  readonly #target: GateTarget;
  readonly #closed: AbortSignal;

  /** @param closed aborts connections in the making; {@link destroy} ends the others */
  constructor(target: GateTarget, closed: AbortSignal) {
    super({ keepAlive: true, timeout: IDLE_MS, maxSockets: MAX_REQUESTS, maxFreeSockets: MAX_REQUESTS });
    this.#target = target;
    this.#closed = closed;
  }

  override createConnection(
    _options: unknown,
    made?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { address, tls } = this.#target;
    dial(address, tlsOf(tls), new Deadline(CONNECT_TIMEOUT_MS, this.#closed)).then(
      (socket) => made?.(null, socket),
      // Node.js passes no stream with an error.
      (error: unknown) => (made as ((error: Error) => void) | undefined)?.(asError(error)),
    );
    return undefined;
  }
}
