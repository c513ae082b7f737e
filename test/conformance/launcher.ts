import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { LifeOrder } from "./killed-program.ts";
import type { ProviderUnderTest } from "./provider-under-test.ts";

const PROGRAM = fileURLToPath(new URL("killed-program.ts", import.meta.url));

/** A process of its own that starts clusters, and can be killed in the midst of it. */
export class Launcher implements AsyncDisposable {
  /** Endpoints of the clouds whose lifecycle reached its last step. */
  readonly done = new Set<string>();
  /** Its error output. */
  err = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor({ name }: ProviderUnderTest) {
    this.#child = fork(PROGRAM, [name], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
    });
    this.#ended = once(this.#child, "close");
    this.#child.stderr?.on("data", (text) => (this.err += String(text)));
    this.#child.on("message", (endpoint) => this.done.add(endpoint as string));
  }

  start(orders: readonly LifeOrder[]): void {
    this.#child.send(orders);
  }

  /** Like a kernel's kill: no handler runs. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
