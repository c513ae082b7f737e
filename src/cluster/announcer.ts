import { messageOf } from "../errors.ts";
import { emitWarning } from "../process/standard-streams.ts";
import type { ProgressEvent } from "../progress.ts";
import { printableLine, printableText } from "../text/printable.ts";

/** Sends a cluster's events to listeners. A listener that throws does no harm. */
export class Announcer {
  /** Each has an object of its own: a listener that is added twice gets events twice. */
  readonly #listeners = new Set<{ readonly hear: (event: ProgressEvent) => void }>();
  readonly #keepers = new Set<(event: ProgressEvent) => void>();
  #toldOfListener = false;

  /** Returns a function that removes the listener. */
  on(listener: (event: ProgressEvent) => void): () => void {
    const entry = { hear: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Adds our own listener, which shows nothing to anybody: a warning still goes to standard error. */
  keep(keeper: (event: ProgressEvent) => void): void {
    this.#keepers.add(keeper);
  }

  /** Without listeners, warnings and the ends of troubles go to standard error as Node's warnings. So does an error of a listener. */
  readonly tell = (told: ProgressEvent): void => {
    const event = shown(told);
    const listeners = [...this.#listeners];
    for (const keep of this.#keepers) this.#tellOne(keep, event);
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

/** Makes messages printable. Ids are data and stay as they are. */
function shown(event: ProgressEvent): ProgressEvent {
  if ("message" in event) return { ...event, message: printableText(event.message) };
  if (event.type !== "machine" || event.reason === undefined) return event;
  return { ...event, reason: printableLine(event.reason) };
}

/** The text for standard error. The beginning of a trouble has a warning of its own. */
function textOf(event: ProgressEvent): string | undefined {
  if (event.type === "warning") return event.message;
  if (event.type !== "trouble" || event.change !== "ended") return undefined;
  const [first = ""] = event.message.split("\n", 1);
  return `Back to normal: ${first}`;
}
