const LINE_FEED = 10;

/** Longer lines come in parts, so that a job without line feeds fills nobody's memory. */
const LONGEST_LINE = 1024 * 1024;

/** Cuts a job's output into lines. */
export class OutputLines {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #length = 0;

  /** The lines that this part completes, without their ends. */
  *add(data: Uint8Array): Generator<string> {
    let from = 0;
    for (;;) {
      const to = data.indexOf(LINE_FEED, from);
      if (to === -1) break;
      this.#keep(data.subarray(from, to));
      yield* this.end();
      from = to + 1;
    }
    if (from < data.length) this.#keep(data.subarray(from));
    if (this.#length > LONGEST_LINE) yield* this.end();
  }

  /** What is left without an end. */
  *end(): Generator<string> {
    if (this.#parts.length === 0) return;
    const line = this.#decoder.decode(Buffer.concat(this.#parts, this.#length));
    [this.#parts, this.#length] = [[], 0];
    yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  #keep(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}
