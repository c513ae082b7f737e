import type { LocalCluster } from "../../../providers/local/index.ts";
import type { MachineChange, ProgressEvent } from "../../../src/progress.ts";

/** Collects a cluster's events. */
export class Told {
  readonly events: ProgressEvent[] = [];

  constructor(cluster: LocalCluster) {
    cluster.onProgress((event) => this.events.push(event));
  }

  get warnings(): string[] {
    return this.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  }

  /** The machines with this event. */
  machines(change: MachineChange): string[] {
    return this.events.flatMap((event) => (event.type === "machine" && event.change === change ? [event.id] : []));
  }
}
