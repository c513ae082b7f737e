import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";

import { template } from "../bootstrap/template.ts";

interface Watch {
  readonly process: ChildProcess;
  users: number;
}

/** Its place on every POSIX system. */
const SHELL = "/bin/sh";

/** Not one of Dask's variables, which are settings. */
const MARK = "WATCHED_BY_DASK_FLEET";
const MARK_BYTES = 16;

/** One for all commands of this process. */
let shared: Watch | undefined;

/**
 * A small process beside this one. It ends commands with everything they started: on request, and when this process is gone, however
 * it ended. It leads a session of its own, so neither a terminal nor a signal to our group ends it first.
 *
 * `PR_SET_PDEATHSIG` would not do: a set-user-id program clears it, it is bound to the thread that started the command, it reaches no
 * grandchild, and only Linux has it.
 */
export class CommandWatch {
  readonly #watch: Watch | undefined;

  /** Open it before the command starts, so that the command is never unwatched. */
  static open(): CommandWatch {
    shared ??= start();
    if (shared !== undefined) shared.users += 1;
    return new CommandWatch(shared);
  }

  private constructor(watch: Watch | undefined) {
    this.#watch = watch;
  }

  /**
   * Call it just before the command starts: this process may be killed when the command runs already, and before it can say
   * {@link began}.
   *
   * @returns the variables by which the watch finds it then
   */
  begins(): Readonly<Record<string, string>> {
    const mark = randomBytes(MARK_BYTES).toString("hex");
    this.#say(`? ${mark}`);
    return { [MARK]: mark };
  }

  began(pid: number): void {
    this.#say(`+ ${pid}`);
  }

  /**
   * Ends a command with everything it started: with that signal, SIGTERM after half of the time, SIGKILL at its end.
   *
   * @param graceMs rounded up to seconds
   * @param signal undefined when the command has had one already
   * @returns whether the watch received it
   */
  end(pid: number, graceMs: number, signal: NodeJS.Signals | undefined): boolean {
    return this.#say(`! ${pid} ${Math.ceil(graceMs / 1000)} ${signal?.replace(/^SIG/u, "") ?? 0}`);
  }

  /** @param pid of the command that ended, if it began */
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
  // Without a shell (a container without a system) only the commands themselves are ended.
  child.on("error", lost);
  child.once("exit", lost);
  child.stdin?.on("error", lost);
  child.unref();
  // Bun's pipe has no `unref`.
  (child.stdin as unknown as { unref?(): void }).unref?.();
  return watch;
}
