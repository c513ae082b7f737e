import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { START_SCRIPT } from "../../../src/bootstrap/machine-file.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData } from "../../../src/bootstrap/user-data.ts";
import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";

/** An address of this computer that no other test uses. */
export function ownAddress(): string {
  return `127.${randomInt(64, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
}

/** A machine as a process group: the user data's files in a private directory, and the start script running on them. */
export class NodeProcess implements AsyncDisposable {
  readonly root: string;
  readonly #child: ChildProcess;
  readonly #isFirst: boolean;
  #output = "";

  constructor(
    spec: NodeSpec | NodeProcess,
    name: string,
    env: Readonly<Record<string, string>> = {},
    unit = "dask-node",
  ) {
    this.#isFirst = !(spec instanceof NodeProcess);
    this.root = spec instanceof NodeProcess ? spec.root : mkdtempSync(join(tmpdir(), "dask-fleet-node-"));
    if (!(spec instanceof NodeProcess)) this.#lay(spec, name);
    this.#child = spawn("bash", [join(this.root, START_SCRIPT), unit], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: this.root, DASK_FLEET_ROOT: this.root, ...env },
    });
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    this.#child.stdout?.on("data", collect);
    this.#child.stderr?.on("data", collect);
  }

  /** Its start script on the same files again, as after a crash, or for the workers beside it. */
  again(unit = "dask-node"): NodeProcess {
    return new NodeProcess(this, "", {}, unit);
  }

  #lay(spec: NodeSpec, name: string): void {
    for (const { path, mode, content } of buildUserData(spec, { limitBytes: 1e6, gzip: true, where: "a test" }).files) {
      this.#write(path, content, mode);
    }
    this.#write("/var/lib/cloud/data/instance-id", `${name}\n`, "0600");
  }

  #write(path: string, content: string, mode: string): void {
    const target = join(this.root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    chmodSync(target, Number.parseInt(mode, 8));
  }

  get output(): string {
    return this.#output;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Waits until the console shows a text. */
  async shows(text: string | RegExp, timeoutMs = patient(60_000)): Promise<void> {
    await poll(
      async () => {
        if (this.#output.match(text) !== null) return true;
        if (this.#child.exitCode !== null) throw new Error(`ended with ${this.#child.exitCode}:\n${this.#output}`);
        return undefined;
      },
      { what: String(text), deadline: new Deadline(timeoutMs), intervalMs: 50, lastSeen: () => this.#output },
    );
  }

  /** Signals only the script, as systemd does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The script's exit status, once it has ended. */
  async ends(timeoutMs = patient(60_000)): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await Promise.race([
        once(this.#child, "exit"),
        poll(async () => (this.#child.exitCode === null ? undefined : true), {
          what: "the node to end",
          deadline: new Deadline(timeoutMs),
          intervalMs: 100,
          lastSeen: () => this.#output,
        }),
      ]);
    }
    return this.#child.exitCode;
  }

  /** All its processes that are still running. */
  pids(): readonly number[] {
    const mark = `DASK_FLEET_ROOT=${this.root}`;
    return readdirSync("/proc")
      .filter((pid) => /^\d+$/u.test(pid))
      .filter((pid) => environment(pid).split("\0").includes(mark))
      .map(Number);
  }

  /** Kills all its processes. */
  killAll(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // The whole group has ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killAll();
    await this.ends();
    if (!this.#isFirst) return;
    await poll(async () => (this.pids().length === 0 ? true : undefined), {
      what: "the node's processes to end",
      deadline: new Deadline(patient(10_000)),
      intervalMs: 50,
    });
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}
