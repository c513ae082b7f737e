import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

import { RpcClient } from "../../support/rpc-client.ts";

export const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** The options of a quick cluster on this computer. */
export const LOCAL = {
  provider: "local",
  options: { n_workers: 1, scheduler_options: { dashboard: false }, worker_options: { dashboard: false } },
};

/** `dask-fleet rpc` in its own process. */
export class RpcProcess implements AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly client: RpcClient;
  err = "";
  readonly #ended: Promise<unknown[]>;

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [MAIN, "rpc"], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.client = new RpcClient(this.child.stdin, this.child.stdout);
    this.child.stderr.on("data", (text) => (this.err += String(text)));
    this.#ended = once(this.child, "exit");
  }

  /** Exit code and signal, once it has ended. */
  async end(): Promise<unknown[]> {
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.#ended;
  }
}
