import type { CommAddress } from "../../../src/dask/address.ts";
import type { PaperScheduler } from "./paper-scheduler.ts";

/** Who pretends to be a scheduler at which address. */
export class PaperNetwork {
  readonly #schedulers = new Map<string, PaperScheduler>();
  #news = Promise.withResolvers<void>();

  at({ host, port }: Pick<CommAddress, "host" | "port">): PaperScheduler | undefined {
    return this.#schedulers.get(`${host}:${port}`);
  }

  ofCluster(name: string): PaperScheduler | undefined {
    return [...this.#schedulers.values()].find((scheduler) => scheduler.clusterName === name);
  }

  /** Resolves when the next scheduler is up. */
  get news(): Promise<void> {
    return this.#news.promise;
  }

  add(scheduler: PaperScheduler): void {
    this.#schedulers.set(`${scheduler.machine.privateAddress}:${scheduler.port}`, scheduler);
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  remove(scheduler: PaperScheduler): void {
    if (this.at({ host: scheduler.machine.privateAddress, port: scheduler.port }) === scheduler) {
      this.#schedulers.delete(`${scheduler.machine.privateAddress}:${scheduler.port}`);
    }
  }
}
