import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { daskPython } from "./python.ts";

const HOST = fileURLToPath(new URL("terminal-host.py", import.meta.url));

/** A real terminal with a command that leads its session. */
export class Terminal implements AsyncDisposable {
  /** The whole output. */
  shown = "";
  /** The command's exit code, or the negative number of its signal. */
  readonly ended: Promise<number>;
  readonly #host: ChildProcess;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#host = spawn(daskPython(), [HOST, ...command], { env, stdio: ["pipe", "pipe", "inherit", "pipe"] });
    this.#host.stdout?.on("data", (text) => (this.shown += String(text)));
    let status = "";
    this.#host.stdio[3]?.on("data", (text) => (status += String(text)));
    this.ended = once(this.#host, "close").then(() => Number(status));
  }

  type(keys: string): void {
    this.#host.stdin?.write(keys);
  }

  /** As when a window changes its size. */
  resize(columns: number, rows: number): void {
    this.type(`\u{E}${columns}x${rows};`);
  }

  /** As when a window closes or a connection drops: the session's leader receives SIGHUP, and writes fail. */
  close(): void {
    this.#host.stdin?.write("\0");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#host.exitCode === null) this.close();
    await this.ended;
  }
}
