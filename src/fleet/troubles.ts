import type { ProgressEvent, TroubleKind } from "../progress.ts";

interface Trouble {
  readonly kind: TroubleKind;
  /** The worker group; undefined for the whole cluster's. */
  readonly group: string | undefined;
  readonly message: string;
  readonly since: Date;
}

interface About {
  readonly group?: string | undefined;
  readonly began?: Date | undefined;
}

/** The present troubles of a cluster. Each gives a warning when it begins, events while it lasts, and an event when it ends. */
export class Troubles {
  readonly #emit: (event: ProgressEvent) => void;
  readonly #present = new Map<string, Trouble>();

  constructor(emit: (event: ProgressEvent) => void) {
    this.#emit = emit;
  }

  /**
   * Begins or updates a trouble.
   *
   * @param about.group the worker group; each has its own troubles
   * @param about.began when a new trouble began. Default: now
   */
  tell(kind: TroubleKind, message: string, { group, began = new Date() }: About = {}): void {
    const known = this.#present.get(keyOf(kind, group));
    if (known?.message === message) return;
    const trouble = { kind, group, message, since: known?.since ?? began };
    this.#present.set(keyOf(kind, group), trouble);
    this.#emit({ type: "trouble", change: known === undefined ? "began" : "lasts", ...trouble });
    if (known === undefined) this.#emit({ type: "warning", message });
  }

  /** Begins or updates a trouble, or ends it without a message. */
  tellOf(kind: TroubleKind, message: string | undefined, { group }: Pick<About, "group"> = {}): void {
    if (message === undefined) this.over(kind, group);
    else this.tell(kind, message, { group });
  }

  over(kind: TroubleKind, group?: string): void {
    const known = this.#present.get(keyOf(kind, group));
    if (known === undefined) return;
    this.#present.delete(keyOf(kind, group));
    this.#emit({ type: "trouble", change: "ended", ...known });
  }

  /** All present troubles, as text; empty without any. */
  describe(): string {
    return [...this.#present.values()]
      .map(({ message, since }) => `; since ${since.toISOString()}: ${message}`)
      .join("");
  }

  get none(): boolean {
    return this.#present.size === 0;
  }
}

function keyOf(kind: TroubleKind, group = ""): string {
  return `${kind} ${group}`;
}
