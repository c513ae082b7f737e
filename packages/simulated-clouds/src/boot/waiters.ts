/** Those who wait for a change, each no longer than it wants to. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  async change(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms).unref();
      this.#waiting.add(done);
    });
  }

  wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
