/** Up at once, down only after several lower wishes in a row, and then to the highest of them (distributed/deploy/adaptive_core.py). */
export class Patience {
  #lower: readonly number[] = [];

  /**
   * The new target, if it is time for one.
   *
   * @param wanted machines that are needed now
   * @param keep machines that cannot go: their workers run tasks, or hold results that have room nowhere else
   */
  next(
    wanted: number,
    { current, keep, waitCount }: { readonly current: number; readonly keep: number; readonly waitCount: number },
  ): number | undefined {
    if (wanted > current) {
      this.#lower = [];
      return wanted;
    }
    const lower = Math.max(wanted, Math.min(keep, current));
    this.#lower = lower < current ? [...this.#lower, lower] : [];
    if (this.#lower.length === 0 || this.#lower.length < waitCount) return undefined;
    const target = Math.max(...this.#lower);
    this.#lower = [];
    return target;
  }
}
