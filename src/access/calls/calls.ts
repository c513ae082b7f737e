import type { AgentLink } from "../../dask/agent/link.ts";
import { DaskFleetError } from "../../errors.ts";
import { type CallOptions, callOnce } from "./call.ts";
import { UploadedCode } from "./code/uploaded-code.ts";
import { CallMap } from "./map/call-map.ts";
import type { Inputs } from "./map/inputs.ts";
import type { MapError, MapOptions, MapValue } from "./map/map-options.ts";
import { CallSession } from "./session.ts";

export interface CallsOptions {
  /** The present connection to the scheduler. Throws what a caller should know when there is none, or no agent. */
  readonly link: () => AgentLink;
  readonly leaseSeconds?: number | undefined;
}

/** Python functions of the cluster, called from here as Dask tasks. */
export class Calls {
  readonly #closed = new AbortController();
  readonly #options: CallsOptions;
  readonly #code: UploadedCode;
  readonly #session: CallSession;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#code = new UploadedCode(options.link, this.#closed.signal);
    this.#session = new CallSession({
      ...options,
      code: () => this.#code.digest,
      restoreCode: () => this.#code.restore(),
    });
  }

  async call(name: string, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    this.#options.link();
    return await callOnce(this.#session, name, args, options);
  }

  map<I>(
    name: string,
    inputs: Inputs<I>,
    options: MapOptions,
  ): AsyncGenerator<MapValue<I, unknown> | MapError<I>, void, undefined> {
    this.#options.link();
    return new CallMap(this.#session, name, inputs, options).results();
  }

  async upload(paths: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    this.#options.link();
    await this.#code.upload(paths, signal);
  }

  /** Cancels everything. Never rejects. */
  async close(): Promise<void> {
    const reason = new DaskFleetError("CLOSED", "The cluster was closed.");
    await this.#session.close(reason);
    this.#closed.abort(reason);
  }
}
