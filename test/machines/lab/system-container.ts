import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";

import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import { run } from "./run.ts";

interface NewContainer {
  readonly name: string;
  /** Its disk, laid out. */
  readonly root: string;
  /** The control group that it lives in. */
  readonly group: string;
  /** Where its console is written. */
  readonly console: string;
}

const SETTINGS = [
  "--quiet",
  "--register=no",
  "--keep-unit",
  "--link-journal=no",
  "--resolv-conf=off",
  "--timezone=off",
  "--console=read-only",
  "--kill-signal=SIGRTMIN+3",
  "--capability=CAP_NET_ADMIN,CAP_NET_RAW",
  // What Docker inside needs: on an overlay it could not use an overlay of its own.
  ...["add_key", "keyctl", "bpf"].map((call) => `--system-call-filter=${call}`),
  "--tmpfs=/var/lib/docker:mode=711",
];

/** Docker sets what is the network's in /proc/sys, which here is the machine's own. */
const ENVIRONMENT = { SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network" };

/** How nspawn ends when the machine asks to be started again. */
const REBOOTED = 133;

/** A machine with a systemd, a process tree and a network of its own, on this computer's kernel. */
export class SystemContainer {
  /** Resolves when it no longer runs, however it ended. */
  readonly exited: Promise<{ readonly rebooted: boolean }>;
  readonly #console: string;
  readonly #supervisor: ChildProcess;

  /** Its network namespace must be there. */
  static async boot({ name, root, group, console }: NewContainer): Promise<SystemContainer> {
    const log = await open(console, "a");
    const supervisor = spawn(
      "bash",
      [
        "-c",
        'echo $$ >"$0/cgroup.procs" && exec "$@"',
        group,
        "nsenter",
        `--net=/run/netns/${name}`,
        "systemd-nspawn",
        `--directory=${root}`,
        `--machine=${name}`,
        ...SETTINGS,
        "/usr/local/sbin/lab-init",
      ],
      { stdio: ["ignore", log.fd, log.fd], env: { ...process.env, ...ENVIRONMENT } },
    );
    try {
      await once(supervisor, "spawn");
    } finally {
      await log.close();
    }
    return new SystemContainer(supervisor, console);
  }

  private constructor(supervisor: ChildProcess, console: string) {
    this.#supervisor = supervisor;
    this.#console = console;
    this.exited = new Promise((resolve) => {
      const settle = (): void => resolve({ rebooted: supervisor.exitCode === REBOOTED });
      if (supervisor.exitCode === null && supervisor.signalCode === null) supervisor.once("exit", settle);
      else settle();
    });
  }

  async console(): Promise<string> {
    return (await readFile(this.#console, "utf8")).replaceAll("\r", "");
  }

  /** Runs a program inside, as root, and returns its output. */
  async inside(command: string, args: readonly string[] = [], timeoutMs = 20_000): Promise<string> {
    const pid = await this.#init();
    const enter = ["--target", pid, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--wd=/", "--"];
    return await run(
      "nsenter",
      [...enter, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", command, ...args],
      timeoutMs,
    );
  }

  /** Whether its power was taken. */
  isKilled = false;

  /** Takes its power away. */
  async kill(): Promise<void> {
    this.isKilled = true;
    const { pid, exitCode, signalCode } = this.#supervisor;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const init = await initOf(pid);
    // Killing PID 1 ends everything inside; the supervisor then exits by itself.
    if (init === undefined) this.#supervisor.kill("SIGKILL");
    else killIfThere(Number(init));
    await this.exited;
  }

  /** The PID here of its PID 1, once it is there. */
  async #init(): Promise<string> {
    const what = "a machine's PID 1";
    const deadline = new Deadline(10_000);
    return await poll(async () => await initOf(this.#supervisor.pid ?? 0), { what, deadline, intervalMs: 50 });
  }
}

/** The child of a supervisor that is PID 1 in a namespace of its own. */
async function initOf(supervisor: number): Promise<string | undefined> {
  const children = await readFile(`/proc/${supervisor}/task/${supervisor}/children`, "utf8").catch(() => "");
  for (const pid of children.split(" ").filter((each) => each !== "")) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (/^NSpid:\t\d+\t1$/mu.test(status)) return pid;
  }
  return undefined;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
