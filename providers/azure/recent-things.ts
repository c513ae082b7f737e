import { RecentlyMade } from "../../src/vm/recently-made.ts";

/** What of a cluster was made a moment ago, each kind apart: that one is known says nothing of another. */
export class RecentThings {
  readonly network: RecentlyMade;
  readonly scaleSets: RecentlyMade;
  readonly machines: RecentlyMade;

  /** @param lagMs how long lists may lack what is new */
  constructor(lagMs: number) {
    this.network = new RecentlyMade(lagMs);
    this.scaleSets = new RecentlyMade(lagMs);
    this.machines = new RecentlyMade(lagMs);
  }
}
