import { Waiters } from "../waiters.ts";

type Message = Readonly<Record<string, unknown>>;

/** What a worker's machine asks for, with the address that it asks from. */
export interface JoinRequest {
  readonly from: string;
  readonly role: string;
  readonly name: string;
  readonly spki: string;
  readonly mac: string;
  readonly identity: string | null;
}

const HOLD_MS = 60_000;
const MAX_PAGE = 256;
const AGAIN: Message = { wait: 2 };

/** As `templates/agent/join.py`: carries the requests of workers' machines to the launcher, and its answers back. */
export class FakeRelay {
  readonly #news = new Map<number, Message>();
  readonly #asking = new Map<number, (answer: Message) => void>();
  readonly #waiting = new Waiters();
  #last = 0;
  #port: number | undefined;

  /** Where it would listen; undefined before a launcher has asked for requests. */
  get port(): number | undefined {
    return this.#port;
  }

  async ask(request: JoinRequest): Promise<Message> {
    this.#last += 1;
    const id = this.#last;
    this.#news.set(id, { id, ...request });
    this.#waiting.wake();
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#asking.set(id, resolve);
    const timer = setTimeout(() => resolve(AGAIN), HOLD_MS).unref();
    const answer = await promise;
    clearTimeout(timer);
    this.#news.delete(id);
    this.#asking.delete(id);
    return answer;
  }

  async wait({ port, wait }: Message, isGone: () => boolean): Promise<Message> {
    this.#port ??= Number(port);
    if (this.#news.size === 0 && Number(wait) > 0) await this.#waiting.change(Number(wait) * 1000);
    const page = isGone() ? [] : [...this.#news].slice(0, MAX_PAGE);
    for (const [id] of page) this.#news.delete(id);
    return { requests: page.map(([, request]) => request) };
  }

  answer({ answers, files }: Message): Message {
    for (const { id, ...answer } of answers as readonly Message[]) {
      const text = (files as readonly unknown[])[Number(answer["files"])];
      this.#asking.get(Number(id))?.({ ...answer, ...("files" in answer && { files: text }) });
    }
    return {};
  }

  /** Its scheduler is gone or another one: the caller asks again. */
  end(): void {
    for (const answer of this.#asking.values()) answer(AGAIN);
    this.#waiting.wake();
    this.#port = undefined;
  }
}
