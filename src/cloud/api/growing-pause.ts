interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait before a call is tried again: each time twice as long, and not all callers to the same moment.
 *
 * @param failed how many tries have failed so far
 */
export function growingPauseMs(failed: number, { firstMs, longestMs }: Pauses): number {
  return Math.min(longestMs, firstMs * 2 ** (failed - 1)) * (1 + Math.random() / 4);
}
