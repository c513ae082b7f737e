import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { until } from "../support/until.ts";
import type { Order } from "./guarded-program.ts";

const PROGRAM = fileURLToPath(new URL("guarded-program.ts", import.meta.url));

/** The command line of a program that starts a cluster, in a process of its own. */
export function guardedProgram(order: Order): readonly [string, ...string[]] {
  return [process.execPath, PROGRAM, JSON.stringify(order)];
}

/** A program that has started a cluster, in a process of its own. */
export class Guarded implements AsyncDisposable {
  out = "";
  err = "";
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;

  constructor(order: Order) {
    const [node, ...args] = guardedProgram(order);
    this.child = spawn(node, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout?.on("data", (text) => (this.out += String(text)));
    this.child.stderr?.on("data", (text) => (this.err += String(text)));
    this.ended = once(this.child, "close");
  }

  async up(): Promise<void> {
    await until(
      "the cluster to start",
      () => this.out.startsWith("up\n"),
      60_000,
      () => this.err,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }
}
