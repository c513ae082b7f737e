import { EventEmitter } from "node:events";

import { messageOf } from "../errors.ts";
import type { ProgressEvent } from "./progress.ts";

/** Tells listeners what happens to a cluster; what they do wrong does not harm it. */
export class Announcer {
  readonly #events = new EventEmitter<{ progress: [ProgressEvent] }>();
  #toldOfListener = false;

  /** Returns a function that ends the telling. */
  on(listener: (event: ProgressEvent) => void): () => void {
    this.#events.on("progress", listener);
    return () => this.#events.off("progress", listener);
  }

  /** A warning that nobody listens for is shown by Node, once and on standard error; so is a listener's own trouble. */
  readonly tell = (event: ProgressEvent): void => {
    let heard = true;
    try {
      heard = this.#events.emit("progress", event);
    } catch (error) {
      if (!this.#toldOfListener) {
        process.emitWarning(`A listener of onProgress() failed: ${messageOf(error)}`, "DaskFleetWarning");
      }
      this.#toldOfListener = true;
    }
    if (!heard && event.type === "warning") process.emitWarning(event.message, "DaskFleetWarning");
  };

  warn(message: string): void {
    this.tell({ type: "warning", message });
  }
}
