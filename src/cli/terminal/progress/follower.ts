import type { ClusterManager, ProgressEvent } from "../../../index.ts";
import { lineOf } from "../../event-lines.ts";
import type { Clock } from "./clock.ts";
import { ClusterView } from "./cluster-view.ts";
import { summaryOf } from "./rows.ts";

/** The reports about a cluster until {@link done}. */
export interface Follower extends Disposable {
  /** Does some work that has the terminal, such as a command that is run: meanwhile there are lines only. */
  lent<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Ends the reports. They also end with the cluster. */
  done(): void;
}

/** What follows a cluster's events. */
export type Followed = Pick<ClusterManager, "name" | "onProgress">;

/** Where lines go, and what counts as time. */
export interface LineOptions {
  /** Without the cluster's name and the prefix. */
  readonly tell: (line: string) => void;
  readonly clock: Clock;
}

/** A start says something at least so often. */
const QUIET_MS = 30_000;

/** A line for each event that people want to know of, and what goes on where nothing has happened for long. */
export function followInLines(cluster: Followed, { tell, clock }: LineOptions): Follower {
  const view = new ClusterView(cluster.name, clock.now);
  let toldAt = clock.now();
  const say = (line: string): void => {
    toldAt = clock.now();
    tell(line);
  };
  const stop = clock.every(QUIET_MS / 2, () => {
    if (view.doing !== "starting" && view.doing !== "scaling") return;
    if (clock.now() - toldAt >= QUIET_MS) say(`still ${view.doing}: ${summaryOf(view)}`);
  });
  return following(cluster, stop, (event) => {
    view.see(event);
    const line = lineOf(event);
    if (line !== undefined) say(line);
  });
}

/** Events as they are, for programs, or some of them. */
export function followEvents(cluster: Followed, hear: (event: ProgressEvent) => void): Follower {
  return following(cluster, () => undefined, hear);
}

function following(cluster: Followed, stop: () => void, hear: (event: ProgressEvent) => void): Follower {
  const deafen = cluster.onProgress(hear);
  const done = (): void => {
    deafen();
    stop();
  };
  return { lent: (work) => work(), done, [Symbol.dispose]: done };
}
