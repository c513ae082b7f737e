import { LIMITS } from "./limits.ts";

/** A line of the input, or why it cannot be read. */
export type Line = { readonly text: string } | { readonly problem: string };

const LF = 0x0a;

/**
 * Splits bytes into lines of UTF-8. A line that is too long is left out, and the next one is read: no more than one line's limit is
 * kept. Decided against split2 and readline: they decode before they split, so broken UTF-8 passes silently, and count no bytes.
 */
export class LineReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Whether the present line is left out up to its end. */
  #isTooLong = false;

  /** Takes the next bytes, and returns the lines that they complete. */
  *take(bytes: Uint8Array): Generator<Line, void, undefined> {
    let from = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      this.#add(bytes.subarray(from, end));
      yield this.#complete();
      from = end + 1;
    }
    this.#add(bytes.subarray(from));
  }

  #add(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > LIMITS.lineBytes) {
      this.#isTooLong = true;
      this.#parts = [];
    }
    if (!this.#isTooLong && part.length > 0) this.#parts.push(part);
  }

  #complete(): Line {
    const [parts, isTooLong] = [this.#parts, this.#isTooLong];
    [this.#parts, this.#bytes, this.#isTooLong] = [[], 0, false];
    if (isTooLong) return { problem: `A line has more than ${LIMITS.lineBytes} bytes.` };
    try {
      return { text: this.#decoder.decode(Buffer.concat(parts)) };
    } catch {
      return { problem: "A line is not valid UTF-8." };
    }
  }
}
