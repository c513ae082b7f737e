import { type ChildProcess, spawn } from "node:child_process";

import { template } from "../bootstrap/template.ts";

interface Watch {
  readonly process: ChildProcess;
  users: number;
}

/** Where every POSIX system has it. */
const SHELL = "/bin/sh";

/** One for all commands of this process. */
let shared: Watch | undefined;

/**
 * A small process beside this one that ends commands with all that they have started: when it is told to, and when this process is
 * gone, however it went. It leads a session of its own, so that neither a terminal nor a signal to our group ends it first.
 *
 * Not `PR_SET_PDEATHSIG`: that ends with a set-user-id program, hangs on the thread that started the command, reaches no grandchild,
 * and is Linux's alone.
 */
export class CommandWatch {
  readonly #watch: Watch | undefined;

  /** To be opened before the command is started, so that there is no time in which nobody watches over it. */
  static open(): CommandWatch {
    shared ??= start();
    if (shared !== undefined) shared.users += 1;
    return new CommandWatch(shared);
  }

  private constructor(watch: Watch | undefined) {
    this.#watch = watch;
  }

  began(pid: number): void {
    this.#say(`+ ${pid}`);
  }

  /**
   * Has a command and all that it has started end: with that signal, SIGTERM after half of the time, SIGKILL at its end.
   *
   * @param graceMs is rounded up to seconds
   * @param signal `undefined` where it has had one already
   * @returns whether somebody has heard it
   */
  end(pid: number, graceMs: number, signal: NodeJS.Signals | undefined): boolean {
    return this.#say(`! ${pid} ${Math.ceil(graceMs / 1000)} ${signal?.replace(/^SIG/u, "") ?? 0}`);
  }

  /** @param pid of the command that has ended, if it has begun */
  close(pid: number | undefined): void {
    if (pid !== undefined) this.#say(`- ${pid}`);
    const watch = this.#watch;
    if (watch === undefined) return;
    watch.users -= 1;
    if (watch.users > 0) return;
    if (shared === watch) shared = undefined;
    watch.process.stdin?.end();
  }

  #say(line: string): boolean {
    const { stdin } = this.#watch?.process ?? {};
    if (stdin?.writable !== true) return false;
    stdin.write(`${line}\n`);
    return true;
  }
}

function start(): Watch | undefined {
  if (process.platform === "win32") return undefined;
  const child = spawn(SHELL, ["-c", template("command-watch.sh"), "dask-fleet-command-watch"], {
    detached: true,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
  });
  const watch = { process: child, users: 0 };
  const lost = (): void => {
    if (shared === watch) shared = undefined;
  };
  // Without a shell, such as in a container without a system, commands are ended by themselves.
  child.on("error", lost);
  child.once("exit", lost);
  child.stdin?.on("error", lost);
  child.unref();
  // Bun's pipe has none.
  (child.stdin as unknown as { unref?(): void }).unref?.();
  return watch;
}
