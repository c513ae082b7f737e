import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, existsSync } from "node:fs";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { template } from "../../../src/bootstrap/template.ts";
import { isOfAnotherCluster } from "../../../src/bootstrap/tls-settings.ts";
import { Deadline } from "../../../src/deadline.ts";
import { asError, messageOf } from "../../../src/errors.ts";
import { emitWarning } from "../../../src/process/standard-streams.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { withPrivateFile } from "../../../src/state/private-file.ts";
import { startTime } from "../../../src/state/process-identity.ts";
import { poll } from "../../../src/wait.ts";
import { findBash, withUsualPlaces } from "./bash.ts";
import { layFiles } from "./lay-files.ts";
import { isGroupOf, type MachineProcess, readMachineProcess, writeMachineProcess } from "./machine-process.ts";
import { groupRuns, killGroup, killProcess, processesOf } from "./process-group.ts";

const START_SCRIPT = "etc/dask-fleet/lib/start-node.sh";
const KILL_TIMEOUT_MS = 10_000;
const LOG_TAIL_BYTES = 16_384;

/** The directory of a cluster's machines in its private directory. */
export const MACHINES = "machines";

/** `lab-scheduler`, `lab-worker-1a2b3c`, or a pattern for `*`. */
export function machineName(clusterName: string, role: Machine["role"], unique: string): string {
  return role === "scheduler" ? `${clusterName}-${role}` : `${clusterName}-${role}-${unique}`;
}

export interface Boot {
  readonly id: string;
  readonly role: Machine["role"];
  /** As {@link Machine.group}. */
  readonly group?: string | undefined;
  readonly address: string;
  readonly userData: Uint8Array;
  /** Added to the caller's environment. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Default: its id. */
  readonly hostname?: string | undefined;
}

/**
 * A "machine" that is a process group on this computer. Its directory holds what its disk would (`root`), what its console
 * showed (`console.log`) and which process it is (`process.json`).
 */
export class LocalMachine {
  readonly id: string;
  readonly #directory: string;
  /** Its pipe is held open while this process lives: when it closes, the machine powers off. */
  #child: ChildProcess | undefined;
  /** The process that we booted, whatever a file says. */
  #booted: MachineProcess | undefined;
  #refused: Error | undefined;

  constructor(machinesDirectory: string, id: string) {
    this.id = id;
    this.#directory = join(machinesDirectory, id);
  }

  get #root(): string {
    return join(this.#directory, "root");
  }

  async boot({ id, role, group, address, userData, environment = {}, hostname = id }: Boot): Promise<void> {
    await mkdir(join(this.#root, "var/lib/cloud/data"), { recursive: true, mode: 0o700 });
    await mkdir(join(this.#root, "tmp"), { mode: 0o700 });
    await layFiles(userData, this.#root);
    // The files in which cloud-init gives a cloud machine its names.
    await writeFile(join(this.#root, "var/lib/cloud/data/instance-id"), `${id}\n`, { mode: 0o600 });
    await writeFile(join(this.#root, "etc/hostname"), `${hostname}\n`, { mode: 0o600 });
    const console = await open(join(this.#directory, "console.log"), "a", 0o600);
    try {
      const bash = await findBash();
      // Passed to bash as text: a file system mounted noexec does not run scripts.
      const child = spawn(bash, ["-c", template("local-machine.sh"), "bash", bash, join(this.#root, START_SCRIPT)], {
        detached: true,
        stdio: ["pipe", console.fd, console.fd],
        env: machineEnvironment({ ...process.env, ...environment }, this.#root, address, bash),
      });
      this.#child = child;
      await once(child, "spawn");
      child.stdin?.on("error", () => undefined);
      child.unref();
      // Bun's pipe has none.
      (child.stdin as unknown as { unref?(): void }).unref?.();
      const pid = child.pid ?? 0;
      const began = await startTime(pid);
      this.#booted = { pid, startTime: began ?? "", address, role, group };
      // A process that has ended already is of no use to others.
      if (began !== undefined) await writeMachineProcess(this.#directory, this.#booted);
    } finally {
      await console.close();
    }
  }

  /** What it is now, or undefined if its directory does not say. */
  async look(): Promise<Machine | undefined> {
    const known = await this.#process();
    if (known === undefined) return await this.#lookWithoutFile();
    const { pid, address, role, group } = known;
    const ended = this.#child !== undefined && (this.#child.exitCode !== null || this.#child.signalCode !== null);
    const running = !ended && (await groupRuns(pid)) && (await this.#isOurs(known));
    // Destroyed by another process.
    if (!running && !existsSync(this.#directory)) return undefined;
    const state = running ? "running" : "stopped";
    return { id: this.id, nodeName: this.id, role, group, state, privateAddress: address };
  }

  /** A machine is there as long as a process of it is, and as long as there is a file of it that cannot be believed. */
  async #lookWithoutFile(): Promise<Machine | undefined> {
    const running = (await processesOf(this.#root)).length > 0;
    if (!running && this.#refused === undefined) return undefined;
    const role = this.id.endsWith("-scheduler") ? "scheduler" : "worker";
    return { id: this.id, nodeName: this.id, role, state: running ? "running" : "stopped" };
  }

  /** Waits until what was booted here has ended, and gives its exit status; undefined where a signal ended it. */
  async exited(): Promise<number | undefined> {
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child?.exitCode ?? undefined;
  }

  /** The end of its console output. */
  async bootLog(): Promise<string> {
    const log = withPrivateFile(join(this.#directory, "console.log"), constants.O_RDONLY, async (file) => {
      const start = Math.max(0, (await file.stat()).size - LOG_TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_TAIL_BYTES), 0, LOG_TAIL_BYTES, start);
      return buffer.toString("utf8", 0, bytesRead);
    });
    return (await log.catch(() => undefined)) ?? "";
  }

  /** Why its `process.json` is not trusted; undefined if it is trusted or missing. */
  async refusal(): Promise<Error | undefined> {
    await this.#process();
    return this.#refused;
  }

  /**
   * Switches it off and removes its disk. Success if it is gone already. If its file is not trusted, only processes that name this
   * machine themselves are ended.
   */
  async destroy(): Promise<void> {
    const known = await this.#process();
    if (known !== undefined && (await this.#isOurs(known))) killGroup(known.pid);
    await poll(
      async () => {
        const strays = await processesOf(this.#root);
        for (const pid of strays) killProcess(pid);
        const groupLeft = known !== undefined && (await groupRuns(known.pid)) && (await this.#isOurs(known));
        return strays.length === 0 && !groupLeft ? true : undefined;
      },
      { what: `the processes of ${this.id} to end`, deadline: new Deadline(KILL_TIMEOUT_MS), intervalMs: 20 },
    );
    this.#child?.stdin?.destroy();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The group's number may belong to another group by now. */
  async #isOurs(known: MachineProcess): Promise<boolean> {
    return await isGroupOf(known, this.#booted === undefined ? this.#root : undefined);
  }

  async #process(): Promise<MachineProcess | undefined> {
    if (this.#booted !== undefined) return this.#booted;
    try {
      return await readMachineProcess(this.#directory);
    } catch (error) {
      if (this.#refused === undefined) emitWarning(messageOf(error));
      this.#refused ??= asError(error);
      return undefined;
    }
  }
}

const DASK_CLIENT =
  /^DASK_(SCHEDULER_ADDRESS$|DISTRIBUTED__COMM__|FLEET_(?!(?:STORES|METADATA_URL)$)|CLOUDPROVIDER__|CONFIG$|INTERNAL_INHERIT_CONFIG$)/i;

/**
 * The caller's environment, as users of a local cluster expect, less what would make a node believe it is a client. Dask reads
 * its names without regard to case.
 */
function machineEnvironment(env: NodeJS.ProcessEnv, root: string, address: string, bash: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(
    ([name, value = ""]) => !DASK_CLIENT.test(name) && !isOfAnotherCluster(name, value),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: withUsualPlaces(env["PATH"], bash),
    DASK_FLEET_ROOT: root,
    DASK_FLEET_MACHINE_ADDRESS: address,
    TMPDIR: join(root, "tmp"),
  };
}
