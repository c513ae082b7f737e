import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { until } from "../support/until.ts";
import type { ProviderUnderTest } from "./provider-under-test.ts";
import type { RaceOrder, RaceOutcome } from "./race-program.ts";

const PROGRAM = fileURLToPath(new URL("race-program.ts", import.meta.url));

/** A launcher on its own computer: a process with its own state directory. */
export class Racer implements AsyncDisposable {
  readonly outcomes: RaceOutcome[] = [];
  err = "";
  readonly #base: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isReady = false;

  static async open(provider: ProviderUnderTest): Promise<Racer> {
    return new Racer(provider, await mkdtemp(join(tmpdir(), "dask-fleet-racer-")));
  }

  private constructor({ name }: ProviderUnderTest, base: string) {
    this.#base = base;
    this.#child = fork(PROGRAM, [name], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
      env: { ...process.env, XDG_STATE_HOME: base },
    });
    this.#ended = once(this.#child, "close");
    this.#child.stderr?.on("data", (text) => (this.err += String(text)));
    this.#child.on("message", (message) => {
      if (message === "ready") this.#isReady = true;
      else this.outcomes.push(message as RaceOutcome);
    });
  }

  async ready(): Promise<void> {
    await until(
      "a launcher to be ready",
      () => this.#isReady,
      60_000,
      () => this.err,
    );
  }

  order(order: RaceOrder): void {
    this.#child.send(order);
  }

  /** The outcomes of that many starts. */
  async settled(count: number): Promise<readonly RaceOutcome[]> {
    await until(
      `${count} outcomes`,
      () => this.outcomes.length >= count,
      120_000,
      () => `${this.outcomes.length} so far. ${this.err}`,
    );
    return this.outcomes.splice(0, count);
  }

  /** Names of the clusters with a record there. */
  async records(): Promise<readonly string[]> {
    const files = await readdir(join(this.#base, "dask-fleet")).catch(() => []);
    // Starts that take long are measured, on a busy computer these too.
    return files.filter((file) => file !== "start-times.json");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    await rm(this.#base, { recursive: true, force: true });
  }
}
