import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

import { machineProcesses } from "../../../../test/support/local-state.ts";
import { until } from "../../../../test/support/until.ts";

const COMMAND = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const DASK_FLEET = fileURLToPath(new URL("../../../../src/cli/main.ts", import.meta.url));
/** What leads somewhere else: the tests of this process may have left some. */
const ELSEWHERE =
  /^(?:AWS_|AZURE_|GOOGLE_|GCE_|CLOUDSDK_|METADATA_|OCI_|DIGITALOCEAN_|DASK_CLOUDPROVIDER__|NODE_EXTRA_CA_CERTS$)/u;

/** The environment of this process without what leads to a cloud. */
export function outsideClouds(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ELSEWHERE.test(name)));
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program of its own. It ends with its test, also where that has hung. */
export class Program implements AsyncDisposable {
  out = "";
  err = "";
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>>) {
    const env = { ...outsideClouds(), ...environment };
    this.child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
    this.child.stdout?.on("data", (text) => (this.out += String(text)));
    this.child.stderr?.on("data", (text) => (this.err += String(text)));
    this.ended = once(this.child, "close").then(([code]) => ({
      code: code as number | null,
      out: this.out,
      err: this.err,
    }));
    onTestFinished(() => this[Symbol.asyncDispose]());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** What `--json` prints. */
export interface Announced {
  readonly cloud: string;
  readonly endpoint: string;
  readonly boot: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface Given {
  readonly command: string;
  readonly args: readonly string[];
}

/** `simulated-cloud …`, with a directory for temporary files that is its own. */
export class SimulatedCloud implements AsyncDisposable {
  readonly program: Program;
  readonly #directory: string;

  /** @param given the command's arguments, or with these another command than the one of the sources */
  static async start(...given: readonly string[] | [Given]): Promise<SimulatedCloud> {
    const [first] = given;
    const { command, args } =
      typeof first === "object" ? first : { command: COMMAND, args: given as readonly string[] };
    return new SimulatedCloud([command, ...args], await mkdtemp(join(tmpdir(), "simulated-cloud-test-")));
  }

  private constructor(command: readonly string[], directory: string) {
    this.#directory = directory;
    onTestFinished(() => this[Symbol.asyncDispose]());
    this.program = new Program(command, { TMPDIR: directory });
  }

  /** What it has said of itself. */
  async announced(): Promise<Announced> {
    await until(
      "the simulated cloud",
      () => this.program.out.endsWith("\n"),
      60_000,
      () => this.program.err,
    );
    return JSON.parse(this.program.out) as Announced;
  }

  /** `dask-fleet …`, which knows nothing but what the simulated cloud has said. */
  async daskFleet(...args: readonly string[]): Promise<Program> {
    return new Program([DASK_FLEET, ...args], (await this.announced()).environment);
  }

  /** Ends it as Ctrl-C does. */
  async interrupt(): Promise<Ended> {
    this.program.child.kill("SIGINT");
    return await this.program.ended;
  }

  /** Its traces on this computer: files below its directory, and processes of its machines. */
  async left(): Promise<{ readonly files: readonly string[]; readonly processes: readonly string[] }> {
    const [files, processes] = await Promise.all([readdir(this.#directory), machineProcesses(this.#directory)]);
    return { files, processes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
