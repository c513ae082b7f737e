import { RecentlyMade } from "../../../src/cloud/machines/recently-made.ts";

/** What of a cluster's network was made a moment ago, each apart: one that is known says nothing of another. */
export class RecentThings {
  readonly tags: RecentlyMade;
  readonly members: RecentlyMade;
  readonly clients: RecentlyMade;

  /** @param lagMs how long lists may lack what is new */
  constructor(lagMs: number) {
    this.tags = new RecentlyMade(lagMs);
    this.members = new RecentlyMade(lagMs);
    this.clients = new RecentlyMade(lagMs);
  }

  /** Whether a call has failed a moment ago that may have made something all the same. */
  get hasUnknown(): boolean {
    return this.tags.hasUnknown || this.members.hasUnknown || this.clients.hasUnknown;
  }

  /** The firewalls that lists may lack. */
  get firewalls(): readonly string[] {
    return [...this.members.ids, ...this.clients.ids];
  }

  forgetFirewall(id: string): void {
    this.members.forget(id);
    this.clients.forget(id);
  }
}
