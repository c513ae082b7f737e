import { Waiters } from "./waiters.ts";

type Message = Readonly<Record<string, unknown>>;

/** A map whose changes are heard. */
export class HeardMap<Key, Value> extends Map<Key, Value> {
  /** Called after each change of a key, with the value that it had. */
  heard: (key: Key, before: Value | undefined) => void = () => undefined;

  override set(key: Key, value: Value): this {
    const before = this.get(key);
    super.set(key, value);
    this.heard(key, before);
    return this;
  }

  override delete(key: Key): boolean {
    const before = this.get(key);
    const had = super.delete(key);
    if (had) this.heard(key, before);
    return had;
  }

  override clear(): void {
    for (const key of this.keys()) this.delete(key);
  }
}

interface Known {
  readonly version: number;
  readonly name: string;
}

/** The scheduler, as it is told. */
interface Told {
  readonly id: string;
  readonly started: number;
  /** The workers of these names, by address. */
  readonly infoOf: (names: readonly string[]) => Message;
  readonly count: () => number;
}

/** As `templates/agent/watch.py`: changes since a version, answered when there are any or the wait is over. */
export class FakeWatch {
  #version = 1;
  /** The last change at each address. */
  #changes = new Map<string, Known>();
  readonly #events: { readonly version: number; readonly event: Message }[] = [];
  readonly #waiting = new Waiters();

  /** Something at an address has changed: a worker joined, left, or has another status. */
  change(name: string, ...addresses: readonly string[]): void {
    this.#version += 1;
    for (const address of addresses) {
      this.#changes.delete(address);
      this.#changes.set(address, { version: this.#version, name });
    }
    this.#waiting.wake();
  }

  tell(kind: string, what: Message): void {
    this.#version += 1;
    this.#events.push({ version: this.#version, event: { ...what, kind, at: Date.now() / 1000 } });
    this.#waiting.wake();
  }

  /** Another scheduler: those who wait lose their connections. */
  restart(): void {
    this.#version = 1;
    this.#changes = new Map();
    this.#events.length = 0;
    this.#waiting.wake();
  }

  async answer({ since = 0, wait = 0, scheduler }: Message, { id, started, infoOf, count }: Told): Promise<Message> {
    const reset = Number(since) > this.#version || (Number(since) > 0 && scheduler !== id);
    const from = reset ? 0 : Number(since);
    if (from === this.#version && Number(wait) > 0) await this.#waiting.change(Number(wait) * 1000);
    const later = [...this.#changes].filter(([, { version }]) => version > from);
    const workers = infoOf([...new Set(later.map(([, { name }]) => name))]);
    const gone = later.filter(([address]) => !Object.hasOwn(workers, address)).map(([address]) => address);
    return {
      id,
      address: "tcp://10.0.0.1:8786",
      started,
      version: this.#version,
      reset,
      more: false,
      count: count(),
      workers,
      gone: from === 0 ? [] : gone,
      events: this.#events.filter(({ version }) => version > from).map(({ event }) => event),
    };
  }
}
