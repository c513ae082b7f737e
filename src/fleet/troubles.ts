import type { ProgressEvent, TroubleKind } from "../cluster/progress.ts";

interface Trouble {
  readonly message: string;
  readonly since: Date;
}

/** What keeps a cluster from being as it should: a warning when it begins, events while it lasts, an event when it ends. */
export class Troubles {
  readonly #emit: (event: ProgressEvent) => void;
  readonly #present = new Map<TroubleKind, Trouble>();

  constructor(emit: (event: ProgressEvent) => void) {
    this.#emit = emit;
  }

  /**
   * It is there, or still there with news.
   *
   * @param began when it was not there yet. Default: now
   */
  tell(kind: TroubleKind, message: string, began = new Date()): void {
    const known = this.#present.get(kind);
    if (known?.message === message) return;
    const since = known?.since ?? began;
    this.#present.set(kind, { message, since });
    this.#emit({ type: "trouble", change: known === undefined ? "began" : "lasts", kind, message, since });
    if (known === undefined) this.#emit({ type: "warning", message });
  }

  /** It is there where there is a message, and else over. */
  tellOf(kind: TroubleKind, message: string | undefined): void {
    if (message === undefined) this.over(kind);
    else this.tell(kind, message);
  }

  over(kind: TroubleKind): void {
    const known = this.#present.get(kind);
    if (known === undefined) return;
    this.#present.delete(kind);
    this.#emit({ type: "trouble", change: "ended", kind, message: known.message, since: known.since });
  }

  /** All that is there, in words; empty where nothing is. */
  describe(): string {
    return [...this.#present.values()]
      .map(({ message, since }) => `; since ${since.toISOString()}: ${message}`)
      .join("");
  }

  get none(): boolean {
    return this.#present.size === 0;
  }
}
