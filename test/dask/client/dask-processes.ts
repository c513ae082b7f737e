import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";
import { daskPython } from "../../support/python.ts";

const START_MS = patient(60_000);
const STOP_MS = patient(10_000);

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<unknown>;
}

interface DaskOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly protocol?: string;
  /** Default: the tests' own. */
  readonly python?: string | undefined;
  /** Additional scheduler options. Default: no dashboard, and an HTTP server on a free port (Dask always starts one). */
  readonly flags?: readonly string[];
}

/** A real scheduler and its workers, each in its own process group, in a temporary directory. */
export class DaskProcesses implements AsyncDisposable {
  readonly directory: string;
  readonly #host: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #python: string;
  readonly #running: Running[] = [];
  /** Cleans up when the test process exits early. */
  readonly #killAll = (): void => {
    for (const { child } of this.#running) killGroup(child, "SIGKILL");
  };
  #address: string | undefined;

  private constructor(directory: string, host: string, env: NodeJS.ProcessEnv, python: string) {
    this.#python = python;
    this.directory = directory;
    this.#host = host;
    this.#env = {
      ...process.env,
      DASK_DISTRIBUTED__COMM__COMPRESSION: "None",
      DASK_TEMPORARY_DIRECTORY: directory,
      HOME: directory,
      ...env,
    };
  }

  /** @param host an address of 127.0.0.0/8, so that clusters stay separate */
  static async start(
    host: string,
    {
      env = {},
      protocol = "tcp",
      python = daskPython(),
      flags = ["--no-dashboard", "--dashboard-address", `${host}:0`],
    }: DaskOptions = {},
  ): Promise<DaskProcesses> {
    // Dask reads its variables as Python, which warns of a number in "-3in…".
    const directory = await mkdtemp(join(tmpdir(), "dask-fleet-client-test_"));
    const dask = new DaskProcesses(directory, host, env, python);
    process.on("exit", dask.#killAll);
    try {
      const place = ["--host", host, "--port", "0", "--protocol", protocol];
      const scheduler = dask.#spawn(["-m", "distributed.cli.dask_scheduler", ...place, ...flags]);
      dask.#address = await dask.#told(scheduler, /Scheduler at:\s+(\S+)/u);
    } catch (error) {
      await dask.stop();
      throw error;
    }
    return dask;
  }

  get address(): string {
    if (this.#address === undefined) throw new Error("The scheduler has not started");
    return this.#address;
  }

  /** What all processes have printed. */
  get output(): string {
    return this.#running.map(({ output }) => output()).join("\n");
  }

  /** Starts a worker and waits until it has joined. */
  async addWorker(name: string, flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const [directory, host] = [this.directory, this.#host];
    const place = ["--name", name, "--host", host, "--dashboard-address", `${host}:0`, "--local-directory", directory];
    const size = ["--no-dashboard", "--nthreads", "1", "--memory-limit", "400000000"];
    const worker = this.#spawn(["-m", "distributed.cli.dask_worker", this.address, ...place, ...size, ...flags], env);
    await this.#told(worker, /Registered to:\s+(\S+)/u);
  }

  /** Runs a Python script with `SCHEDULER` in its environment and returns its output. */
  async python(script: string): Promise<string> {
    const env = { ...this.#env, SCHEDULER: this.address };
    const { stdout } = await promisify(execFile)(this.#python, ["-c", script], {
      env,
      cwd: this.directory,
      timeout: 60_000,
    });
    return stdout.trim();
  }

  /** Waits until every process has exited by itself. */
  async ended(): Promise<void> {
    await poll(async () => (this.#running.every(({ child }) => hasEnded(child)) ? true : undefined), {
      what: "the processes' end",
      deadline: new Deadline(START_MS),
      intervalMs: 50,
      lastSeen: () => this.output,
    });
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#running.map(async ({ child, ended }) => {
        killGroup(child, "SIGTERM");
        const timer = setTimeout(() => killGroup(child, "SIGKILL"), STOP_MS);
        await ended;
        clearTimeout(timer);
        // A nanny's worker may outlive it.
        killGroup(child, "SIGKILL");
      }),
    );
    process.off("exit", this.#killAll);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #spawn(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(this.#python, args, {
      cwd: this.directory,
      env: { ...this.#env, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
    }
    const running = { child, output: () => chunks.join(""), ended: once(child, "close") };
    this.#running.push(running);
    return running;
  }

  async #told({ child, output }: Running, pattern: RegExp): Promise<string> {
    return await poll(
      async () => {
        const told = pattern.exec(output())?.[1];
        if (told === undefined && hasEnded(child)) throw new Error(`It ended:\n${output()}`);
        return told;
      },
      { what: String(pattern), deadline: new Deadline(START_MS), intervalMs: 20, lastSeen: output },
    );
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
