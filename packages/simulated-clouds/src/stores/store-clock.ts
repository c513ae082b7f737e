/** What the stores take for the time; signatures are checked against it, and every answer tells it. */
export class StoreClock {
  /** How far it is ahead of this computer's, in milliseconds. */
  aheadMs = 0;

  now(): number {
    return Date.now() + this.aheadMs;
  }

  /** Whether a time is further from now than a signature may be. */
  isOff(timeMs: number, toleranceMs = 300_000): boolean {
    return !(Math.abs(timeMs - this.now()) <= toleranceMs);
  }
}
