import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { until } from "./until.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** `dask-fleet …` in its own process. */
export class DaskFleet implements AsyncDisposable {
  out = "";
  err = "";
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(first: string | { readonly input: string }, ...others: readonly string[]) {
    const { input } = typeof first === "string" ? { input: undefined } : first;
    const args = typeof first === "string" ? [first, ...others] : others;
    const stdin = input === undefined ? "ignore" : "pipe";
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: [stdin, "pipe", "pipe"] });
    this.child.stdin?.end(input);
    this.child.stdout?.on("data", (text) => (this.out += String(text)));
    this.child.stderr?.on("data", (text) => (this.err += String(text)));
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal, out: this.out, err: this.err }));
  }

  /** Waits until it has written a line on standard output, which it returns. */
  async firstLine(): Promise<string> {
    await until(
      "a line",
      () => this.out.includes("\n") || this.child.exitCode !== null,
      60_000,
      () => this.err,
    );
    return this.out.split("\n", 1)[0] ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }
}

export async function daskFleet(first: string, ...others: readonly string[]): Promise<Ended> {
  await using running = new DaskFleet(first, ...others);
  return await running.ended;
}
