/** Takes steps one after the other, also after one that failed. */
export async function inTurn(
  steps: readonly (() => Promise<void>)[],
  signal: AbortSignal,
): Promise<readonly PromiseSettledResult<void>[]> {
  const results: PromiseSettledResult<void>[] = [];
  for (const step of steps) {
    signal.throwIfAborted();
    results.push(...(await Promise.allSettled([step()])));
  }
  return results;
}
