import xterm from "@xterm/headless";

import type { Screen } from "../../src/cli/terminal/live-region.ts";

/** A terminal emulator as a screen: what a person sees of it, also above its first row. It breaks lines anew when it becomes narrower. */
export class EmulatedScreen implements Screen {
  /** All that was written. */
  written = "";
  readonly #terminal: xterm.Terminal;

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  readonly write = (text: string): boolean => {
    this.written += text;
    this.#terminal.write(text);
    return true;
  };

  async resize(columns: number, rows: number): Promise<void> {
    await this.#parsed();
    this.#terminal.resize(columns, rows);
  }

  /** The lines up to the last that is not empty. */
  async lines(): Promise<readonly string[]> {
    await this.#parsed();
    const { active } = this.#terminal.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, at) => active.getLine(at)?.translateToString(true).trimEnd() ?? "",
    );
    return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  }

  /** Whether a program would leave the cursor visible, and lines that wrap. */
  async isAsFound(): Promise<boolean> {
    await this.#parsed();
    return this.#terminal.modes.wraparoundMode && !this.written.includes("\u{1B}[?25l");
  }

  async #parsed(): Promise<void> {
    await new Promise<void>((resolve) => this.#terminal.write("", resolve));
  }
}
