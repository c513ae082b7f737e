import { messageOf } from "../../errors.ts";
import { readBoundedFile } from "../../files/bounded-file.ts";
import { boundedGet } from "../api/bounded-get.ts";
import { throughProxy } from "../api/proxy.ts";

const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Certificates or keys that a cloud publishes: at a URL, or in a file of the user's. They are fetched once, at
 * first use; a failure is not cached, so the next use fetches again.
 */
export class Published<Content> {
  /** The file or URL. */
  readonly source: string;
  readonly #read: (text: Buffer) => Content;
  readonly #keptMs: number;
  #asked: Promise<Content> | undefined;
  #askedAt = 0;

  /**
   * @param source a URL, or a file's path
   * @param read what is in it
   * @param keptMs for how long an answer holds. Default: for ever
   */
  constructor(source: string, read: (text: Buffer) => Content, keptMs: number = Number.POSITIVE_INFINITY) {
    this.source = source;
    this.#read = read;
    this.#keptMs = keptMs;
  }

  /**
   * @param mostAgeMs an older answer is asked for again. Default: as long as answers are kept
   * @throws Error that names the source and what went wrong
   */
  async content(mostAgeMs: number = this.#keptMs): Promise<Content> {
    if (performance.now() - this.#askedAt > mostAgeMs) this.#asked = undefined;
    if (this.#asked === undefined) {
      this.#askedAt = performance.now();
      const asking = this.#load();
      this.#asked = asking;
      // Its owners are those who ask; who comes later asks anew.
      asking.catch(() => (this.#asked = this.#asked === asking ? undefined : this.#asked));
    }
    return await this.#asked;
  }

  async #load(): Promise<Content> {
    const { source } = this;
    try {
      if (!/^https?:\/\//.test(source)) return this.#read(readBoundedFile(source, MOST_BYTES));
      // Shared by all callers: one that aborts does not abort the others. It has a time-out of its own.
      const { signal } = new AbortController();
      return this.#read(await boundedGet(source, { bytes: MOST_BYTES, accept: "*/*", signal }));
    } catch (cause) {
      const where = /^https?:/.test(source) ? `${source}${throughProxy(source)}` : source;
      throw new Error(`${where}: ${messageOf(cause)}`, { cause });
    }
  }
}
