interface SpotNotice {
  /** `terminate`, `stop` or `hibernate`, as EC2 says. */
  readonly action: string;
  /** When the machine goes, by this computer's clock. */
  readonly at: Date;
}

/** What a cloud has announced to its machines: that it takes them back. */
export class SpotNotices {
  readonly #notices = new Map<string, SpotNotice>();
  readonly #waiting = new Set<() => void>();
  #version = 1;

  give(
    machine: string,
    { afterMs, action = "terminate" }: { readonly afterMs: number; readonly action?: string },
  ): void {
    this.#notices.set(machine, { action, at: new Date(Date.now() + afterMs) });
    this.#changed();
  }

  withdraw(machine: string): void {
    this.#notices.delete(machine);
    this.#changed();
  }

  of(machine: string): SpotNotice | undefined {
    return this.#notices.get(machine);
  }

  get all(): ReadonlyMap<string, SpotNotice> {
    return this.#notices;
  }

  /** The number of changes so far. */
  get version(): number {
    return this.#version;
  }

  /** Resolves at the next change, or after that time. */
  async changed(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs).unref();
      this.#waiting.add(done);
    });
  }

  #changed(): void {
    this.#version += 1;
    for (const done of this.#waiting) done();
  }
}
