import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { LeaseTimes } from "../../../src/state/lease.ts";

const PROGRAM = fileURLToPath(new URL("take-lead-program.ts", import.meta.url));

/** A process that requests the lead of a cluster. */
export class LeadTaker implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param wrapper a command prefix, such as `unshare` */
  constructor(
    root: string,
    name: string,
    { renewMs, silentMs, listenMs }: LeaseTimes,
    wrapper: readonly string[] = [],
  ) {
    const words = [...wrapper, process.execPath, PROGRAM, root, name, renewMs, silentMs, listenMs].map(String);
    this.child = spawn(words[0] ?? "", words.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.child;
    if (stdout === null) throw new TypeError("no pipe");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ready(): Promise<this> {
    await this.#lines.next();
    return this;
  }

  async says(order: "take" | "act" | "release"): Promise<string> {
    this.child.stdin?.write(`${order}\n`);
    const { value, done } = await this.#lines.next();
    return done === true ? "ended" : value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.child, "close");
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await ended;
  }
}
