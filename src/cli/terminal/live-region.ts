import { cells, cut } from "./cells.ts";

/** Where rows are drawn. */
export interface Screen {
  /** Writes at once. False: not all of it reached the terminal. */
  readonly write: (text: string) => boolean;
  readonly columns: number;
  readonly rows: number;
}

/** The terminal shows what is between these at once; others ignore them (DEC mode 2026). */
const [AT_ONCE, SHOW] = ["\u{1B}[?2026h", "\u{1B}[?2026l"];
/** A row whose width the terminal counts in another way must not take two lines (DECAWM). */
const [NO_WRAP, WRAP] = ["\u{1B}[?7l", "\u{1B}[?7h"];
const [CLEAR_LINE, CLEAR_REST] = ["\u{1B}[2K", "\u{1B}[J"];

/**
 * Rows at the end of a terminal that are drawn again and again, in one write each. The cursor stays below them and is never hidden, so
 * that no end of the process, not even SIGKILL, leaves a terminal without one.
 */
export class LiveRegion {
  readonly #screen: Screen;
  #rows: readonly string[] = [];
  /** What is on the screen. */
  #drawn: readonly string[] = [];
  #drawnAt = "";
  /** Whether the cursor may be behind what somebody else wrote. */
  #isMidLine = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Replaces the rows: cut to the terminal's width, and as many as it has room for. */
  draw(rows: readonly string[]): void {
    this.#rows = rows;
    const visible = this.#visible();
    if (this.#size === this.#drawnAt && String(visible) === String(this.#drawn)) return;
    this.#write("", visible);
  }

  /** Writes lines above the rows. They may wrap, and stay. */
  say(text: string): void {
    this.#write(`${text.replaceAll("\n", "\r\n")}\r\n`, this.#visible());
  }

  /** After a change of the terminal's size. */
  resized(): void {
    this.draw(this.#rows);
  }

  /** Somebody else has written to the terminal: what is there stays, and the next rows come below. */
  forget(): void {
    this.#drawn = [];
    this.#drawnAt = "";
    this.#isMidLine = true;
  }

  /** Lets the rows stay for good, all of them. With other rows: lets those stay. */
  finish(rows: readonly string[] = this.#rows): void {
    this.#rows = [];
    const { columns } = this.#screen;
    if (rows.length > 0 || this.#drawn.length > 0) {
      this.#write(rows.map((row) => `${cut(row, columns)}\r\n`).join(""), []);
    }
  }

  get #size(): string {
    return `${this.#screen.columns}x${this.#screen.rows}`;
  }

  #visible(): readonly string[] {
    const { columns, rows } = this.#screen;
    // The cursor has a line of its own.
    const room = Math.max(1, rows - 1);
    const left = this.#rows.length - room + 1;
    const shown = left <= 1 ? this.#rows : [...this.#rows.slice(0, room - 1), `  … and ${left} more`];
    return shown.map((row) => cut(row, columns));
  }

  #write(above: string, rows: readonly string[]): void {
    const isBare = this.#drawn.length === 0 && rows.length === 0;
    const start = this.#isMidLine ? this.#freshLine : "";
    const isWhole = this.#screen.write(
      isBare ? `${start}${above}` : `${AT_ONCE}${start}${this.#frame(above, rows)}${SHOW}`,
    );
    [this.#drawn, this.#drawnAt, this.#isMidLine] = [rows, this.#size, false];
    if (!isWhole) this.forget();
  }

  #frame(above: string, rows: readonly string[]): string {
    const up = this.#linesDrawn();
    const back = up === 0 ? "\r" : `\u{1B}[${up}A\r`;
    // Broken lines of another width are not under the new rows.
    const clear = above !== "" || this.#size !== this.#drawnAt ? CLEAR_REST : "";
    const lines = rows.map((row) => `${CLEAR_LINE}${row}\r\n`).join("");
    return `${back}${clear}${above}${NO_WRAP}${lines}${CLEAR_REST}${WRAP}`;
  }

  /** To the beginning of a line: blanks up to the last column lead to the next one, unless the cursor is at a beginning. */
  get #freshLine(): string {
    return `${" ".repeat(Math.max(0, this.#screen.columns - 1))}\r`;
  }

  /** The lines that the rows take now: terminals break those that a narrower window cannot hold. */
  #linesDrawn(): number {
    const { columns, rows } = this.#screen;
    const lines = this.#drawn.reduce((sum, row) => sum + Math.max(1, Math.ceil(cells(row) / columns)), 0);
    return Math.min(lines, Math.max(0, rows - 1));
  }
}
