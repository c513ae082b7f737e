import type { Writable } from "node:stream";

import { Deadline } from "../../deadline.ts";
import { within } from "../../wait.ts";
import { LIMITS } from "./limits.ts";

/** An event of one cluster. */
export interface Numbered {
  readonly cluster: string;
  readonly seq: number;
  /** Never dropped: without it the client does not know how the cluster is. */
  readonly isKept: boolean;
}

interface Item {
  readonly line: string;
  readonly bytes: number;
  /** Undefined: an answer. */
  readonly event: Numbered | undefined;
}

interface Dropped {
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The lines on their way to the client, in order. One chunk at a time is given to the stream, and nobody waits for it: a reader that is
 * slow loses events, the oldest first, and one that reads no answers counts as gone.
 */
export class Outbox {
  readonly #output: Writable;
  readonly #onGone: () => void;
  readonly #items: Item[] = [];
  readonly #dropped = new Map<string, Dropped>();
  #isWriting = false;
  #isGone = false;
  #events = 0;
  #eventBytes = 0;
  #answerBytes = 0;
  #written = Promise.withResolvers<void>();

  /** @param onGone called once, when nothing can be written any more */
  constructor(output: Writable, onGone: () => void) {
    this.#output = output;
    this.#onGone = onGone;
    output.on("error", () => this.#leave());
    output.once("close", () => this.#leave());
  }

  answer(message: object): void {
    this.#push(message, undefined);
    if (this.#answerBytes > LIMITS.waitingAnswerBytes) this.#leave();
  }

  event(message: object, event: Numbered): void {
    this.#push(message, event);
    while (this.#events > LIMITS.waitingEvents || this.#eventBytes > LIMITS.waitingEventBytes) {
      if (!this.#dropOldest()) return;
    }
  }

  /** Waits until all is written. Returns whether it is, in time. */
  async finish(timeoutMs: number): Promise<boolean> {
    if (!this.#isWriting) return true;
    if (this.#isGone) return false;
    const isWritten = this.#written.promise.then(() => !this.#isGone);
    return await within("the client to read", new Deadline(timeoutMs), () => isWritten).catch(() => false);
  }

  #push(message: object, event: Numbered | undefined): void {
    if (this.#isGone) return;
    const line = `${JSON.stringify(message)}\n`;
    const item = { line, bytes: Buffer.byteLength(line), event };
    this.#items.push(item);
    this.#count(item, 1);
    this.#pump();
  }

  #count({ bytes, event }: Item, sign: 1 | -1): void {
    if (event === undefined) this.#answerBytes += sign * bytes;
    else {
      this.#events += sign;
      this.#eventBytes += sign * bytes;
    }
  }

  #dropOldest(): boolean {
    const index = this.#items.findIndex(({ event }) => event?.isKept === false);
    const [item] = index === -1 ? [] : this.#items.splice(index, 1);
    if (item?.event === undefined) return false;
    this.#count(item, -1);
    const { cluster, seq } = item.event;
    const { count = 0, first = seq } = this.#dropped.get(cluster) ?? {};
    this.#dropped.set(cluster, { count: count + 1, first, last: seq });
    return true;
  }

  #pump(): void {
    if (this.#isWriting || this.#isGone) return;
    const chunk = this.#nextChunk();
    if (chunk === "") return;
    this.#isWriting = true;
    this.#output.write(chunk, (error) => {
      this.#isWriting = false;
      if (error !== null && error !== undefined) this.#leave();
      else if (this.#items.length === 0 && this.#dropped.size === 0) this.#tellWritten();
      else this.#pump();
    });
  }

  #nextChunk(): string {
    let chunk = "";
    while (chunk.length < LIMITS.chunkBytes) {
      const item = this.#items.shift();
      if (item === undefined) break;
      this.#count(item, -1);
      if (item.event !== undefined) chunk += this.#gapBefore(item.event);
      chunk += item.line;
    }
    if (this.#items.length > 0) return chunk;
    for (const cluster of this.#dropped.keys()) chunk += this.#gap(cluster);
    return chunk;
  }

  /** The line in the place of events that were dropped before this one. */
  #gapBefore({ cluster, seq }: Numbered): string {
    const dropped = this.#dropped.get(cluster);
    return dropped === undefined || dropped.first > seq ? "" : this.#gap(cluster);
  }

  #gap(cluster: string): string {
    const dropped = this.#dropped.get(cluster);
    this.#dropped.delete(cluster);
    if (dropped === undefined) return "";
    const { count, first, last } = dropped;
    return `${JSON.stringify({ event: "dropped", cluster, count, first_seq: first, last_seq: last })}\n`;
  }

  #tellWritten(): void {
    this.#written.resolve();
    this.#written = Promise.withResolvers<void>();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#items.length = 0;
    this.#dropped.clear();
    this.#tellWritten();
    this.#onGone();
  }
}
