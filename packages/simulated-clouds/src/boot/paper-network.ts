import type { CommAddress } from "../dask-fleet.ts";
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
    for (const host of addressesOf(scheduler)) this.#schedulers.set(`${host}:${scheduler.port}`, scheduler);
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  remove(scheduler: PaperScheduler): void {
    for (const host of addressesOf(scheduler)) {
      if (this.at({ host, port: scheduler.port }) === scheduler) this.#schedulers.delete(`${host}:${scheduler.port}`);
    }
  }
}

/** Where members reach it. */
function addressesOf({ machine, hasIpv6 }: PaperScheduler): readonly string[] {
  const { privateAddress, ipv6Address, ipv6Only = false } = machine;
  const six = ipv6Address !== undefined && hasIpv6 ? [ipv6Address] : [];
  return ipv6Only ? six : [privateAddress, ...six];
}
