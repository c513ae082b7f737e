import xterm from "@xterm/headless";

/** The colours of `styleText`, by their numbers in a terminal. */
const COLOURS = ["", "bad", "good", "warning", "", "", "busy"];

/** What a terminal shows, and since when. */
export class RecordedScreen {
  #terminal;
  #began = performance.now();
  /** When each text was seen first. */
  #seenAt = new Map();
  #shown = Promise.resolve();

  constructor(columns, rows) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
  }

  show(part) {
    const atMs = performance.now() - this.#began;
    const parsed = new Promise((resolve) => this.#terminal.write(part, resolve));
    this.#shown = this.#shown.then(() => parsed).then(() => this.#look(atMs));
  }

  #look(atMs) {
    for (const line of this.#lines()) {
      const text = textOfLine(line);
      if (!this.#seenAt.has(text)) this.#seenAt.set(text, atMs);
    }
  }

  /** The lines that are shown now: `{ runs: [{ text, style }], atMs }`. */
  async lines() {
    await this.#shown;
    let latest = 0;
    return this.#lines().map((line) => {
      // A line is not there before the one above.
      latest = Math.max(latest, this.#seenAt.get(textOfLine(line)) ?? latest);
      return { ...line, atMs: latest };
    });
  }

  #lines() {
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, at) => ({ runs: runsOf(active.getLine(at)) }));
    return lines.slice(0, lines.findLastIndex(({ runs }) => runs.length > 0) + 1);
  }
}

/** A line's text alone. */
export function textOfLine({ runs }) {
  return runs.map(({ text }) => text).join("");
}

function runsOf(line) {
  const runs = [];
  for (let at = 0; at < line.translateToString(true).trimEnd().length; at += 1) {
    const cell = line.getCell(at);
    const style = styleOf(cell);
    const last = runs.at(-1);
    const text = cell.getChars() === "" ? " " : cell.getChars();
    if (last?.style === style) last.text += text;
    else runs.push({ text, style });
  }
  return runs;
}

function styleOf(cell) {
  if (cell.isFgPalette()) return COLOURS[cell.getFgColor()] ?? "";
  if (cell.isDim()) return "faint";
  return cell.isBold() ? "strong" : "";
}
