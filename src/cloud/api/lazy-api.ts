interface Closable {
  close(): void;
}

/** A cloud's API, opened on first use and shared; opened anew after it failed to open or was closed. */
export class LazyApi<Api extends Closable> {
  readonly #open: () => Promise<Api>;
  #opening: Promise<Api> | undefined;

  constructor(open: () => Promise<Api>) {
    this.#open = open;
  }

  async get(): Promise<Api> {
    const opening = (this.#opening ??= this.#open());
    try {
      return await opening;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }

  /** Does not wait for an API that is being opened: it is closed when it is open. */
  close(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    void opening?.then(
      (api) => api.close(),
      () => undefined,
    );
  }
}
