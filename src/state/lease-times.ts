/** How a lease is kept, in milliseconds. All processes that share a state directory use the same. */
export interface LeaseTimes {
  /** Its holder renews it so often. */
  readonly renewMs: number;
  /** Without a heartbeat for so long, a holder that cannot be seen may have ended: network file systems show a write up to a minute late. */
  readonly silentMs: number;
  /** Whoever would succeed it listens for so much longer: the clock may have been set, or a computer have woken up just now. */
  readonly listenMs: number;
}

export const LEASE_TIMES: LeaseTimes = { renewMs: 3000, silentMs: 90_000, listenMs: 7000 };
