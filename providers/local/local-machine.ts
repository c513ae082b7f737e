import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as z from "zod";

import type { Machine } from "../../src/cluster/machine.ts";
import { Deadline } from "../../src/deadline.ts";
import { template } from "../../src/machine/template.ts";
import { isOfAnotherCluster } from "../../src/machine/tls-settings.ts";
import { writePrivateFile } from "../../src/state/private-file.ts";
import { startTime } from "../../src/state/process-start.ts";
import { poll } from "../../src/wait.ts";
import { findBash, withUsualPlaces } from "./bash.ts";
import { layFiles } from "./lay-files.ts";
import { groupRuns, killGroup, processesOf } from "./process-group.ts";

const START_SCRIPT = "etc/dask-fleet/lib/start-node.sh";
const KILL_TIMEOUT_MS = 10_000;
const LOG_TAIL_BYTES = 16_384;

const processSchema = z.object({
  pid: z.number().int().positive(),
  startTime: z.string().optional(),
  address: z.string(),
  role: z.enum(["scheduler", "worker"]),
});

export interface Boot {
  readonly id: string;
  readonly role: Machine["role"];
  readonly address: string;
  readonly userData: Uint8Array;
  /** Laid over the caller's environment. */
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
  /** Held open as long as we live: when it closes, the machine's power goes off. */
  #child: ChildProcess | undefined;

  constructor(machinesDirectory: string, id: string) {
    this.id = id;
    this.#directory = join(machinesDirectory, id);
  }

  get #root(): string {
    return join(this.#directory, "root");
  }

  async boot({ id, role, address, userData, environment = {}, hostname = id }: Boot): Promise<void> {
    await mkdir(join(this.#root, "var/lib/cloud/data"), { recursive: true, mode: 0o700 });
    await mkdir(join(this.#root, "tmp"), { mode: 0o700 });
    await layFiles(userData, this.#root);
    // Where cloud-init tells a cloud machine its own names.
    await writeFile(join(this.#root, "var/lib/cloud/data/instance-id"), `${id}\n`, { mode: 0o600 });
    await writeFile(join(this.#root, "etc/hostname"), `${hostname}\n`, { mode: 0o600 });
    const console = await open(join(this.#directory, "console.log"), "a", 0o600);
    try {
      const bash = await findBash();
      // Not as a program of its own: what lies on a file system that is mounted noexec can be read only.
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
      const known = { pid, startTime: await startTime(pid), address, role };
      await writePrivateFile(join(this.#directory, "process.json"), JSON.stringify(known));
    } finally {
      await console.close();
    }
  }

  /** What it is now, or undefined if its directory does not say. */
  async look(): Promise<Machine | undefined> {
    const known = await this.#process();
    if (known === undefined) return undefined;
    const { pid, address, role } = known;
    const ended = this.#child !== undefined && (this.#child.exitCode !== null || this.#child.signalCode !== null);
    const running = !ended && (await groupRuns(pid)) && (await this.#isOurs(known));
    return { id: this.id, nodeName: this.id, role, state: running ? "running" : "stopped", privateAddress: address };
  }

  /** Waits until what was booted here has ended, and gives its exit status; undefined where a signal ended it. */
  async exited(): Promise<number | undefined> {
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child?.exitCode ?? undefined;
  }

  /** The end of what its console showed. */
  async bootLog(): Promise<string> {
    const log = await readFile(join(this.#directory, "console.log")).catch(() => Buffer.alloc(0));
    return log.subarray(-LOG_TAIL_BYTES).toString("utf8");
  }

  /** Switches it off and removes its disk. A machine that is gone is a success. */
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

  /** The group's number may have been given to another group since: only a leader that began when ours did is ours. */
  async #isOurs({ pid, startTime: then }: z.infer<typeof processSchema>): Promise<boolean> {
    const now = await startTime(pid);
    // A group whose leader has died keeps its number until its last member ends.
    return now === undefined || then === undefined || now === then;
  }

  async #process(): Promise<z.infer<typeof processSchema> | undefined> {
    const text = await readFile(join(this.#directory, "process.json"), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const parsed = processSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const DASK_CLIENT =
  /^DASK_(SCHEDULER_ADDRESS$|DISTRIBUTED__COMM__|FLEET_|CLOUDPROVIDER__|CONFIG$|INTERNAL_INHERIT_CONFIG$)/i;

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
