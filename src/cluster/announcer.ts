import { messageOf } from "../errors.ts";
import { emitWarning } from "../process/standard-streams.ts";
import type { ProgressEvent } from "../progress.ts";
import { printableLine, printableText } from "../text/printable.ts";

/** Tells listeners what happens to a cluster; what they do wrong does not harm it. */
export class Announcer {
  /** Each in an object of its own: a listener that is added twice hears twice. */
  readonly #listeners = new Set<{ readonly hear: (event: ProgressEvent) => void }>();
  #toldOfListener = false;

  /** Returns a function that ends the telling. */
  on(listener: (event: ProgressEvent) => void): () => void {
    const entry = { hear: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** What nobody listens for is shown by Node on standard error, if it is a warning or the end of a trouble; so is a listener's own trouble. */
  readonly tell = (told: ProgressEvent): void => {
    const event = shown(told);
    const listeners = [...this.#listeners];
    for (const { hear } of listeners) this.#tellOne(hear, event);
    const text = listeners.length > 0 ? undefined : textOf(event);
    if (text !== undefined) emitWarning(text);
  };

  #tellOne(hear: (event: ProgressEvent) => void, event: ProgressEvent): void {
    try {
      hear(event);
    } catch (error) {
      if (!this.#toldOfListener) emitWarning(`A listener of onProgress() failed: ${messageOf(error)}`);
      this.#toldOfListener = true;
    }
  }

  warn(message: string): void {
    this.tell({ type: "warning", message });
  }
}

/** Ids are data, and stay as they are; words are for people. */
function shown(event: ProgressEvent): ProgressEvent {
  if ("message" in event) return { ...event, message: printableText(event.message) };
  if (event.type !== "machine" || event.reason === undefined) return event;
  return { ...event, reason: printableLine(event.reason) };
}

/** What a person must hear of. That a trouble has begun is a warning of its own. */
function textOf(event: ProgressEvent): string | undefined {
  if (event.type === "warning") return event.message;
  if (event.type !== "trouble" || event.change !== "ended") return undefined;
  const [first = ""] = event.message.split("\n", 1);
  return `Back to normal: ${first}`;
}
