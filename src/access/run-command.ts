import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { constants } from "node:os";

import { DaskFleetError, messageOf } from "../errors.ts";
import { takeInterrupt } from "../process/exit-guard.ts";
import { passSignals } from "../process/passed-signals.ts";
import { printableName } from "../text/printable.ts";
import { sleep } from "../wait.ts";
import { CommandWatch } from "./command-watch.ts";

/** How `run()` starts a command, and what it makes of its end. */
export interface RunOptions {
  /** More environment variables; they win over the cluster's own. `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Working directory. Default: the caller's. */
  readonly cwd?: string | undefined;
  /**
   * Default: `"inherit"`, the command uses the caller's terminal. With the caller's standard input it owns Ctrl-C, as under a shell.
   */
  readonly stdio?: StdioOptions | undefined;
  /** When aborted, ends the command and everything it started (SIGTERM, then SIGKILL after 5 s). */
  readonly signal?: AbortSignal | undefined;
  /** Whether a failed command is an error. With `false` its exit code is returned. Default: true. */
  readonly check?: boolean | undefined;
}

interface Ended {
  readonly exitCode: number;
  readonly endedBy: NodeJS.Signals | undefined;
}

/** From SIGTERM to SIGKILL, unless a deadline is shorter. */
export const KILL_AFTER_MS = 5000;
/** A process of another user, such as `sudo`'s, cannot be killed: nothing waits for it after this. */
const GIVE_UP_AFTER_MS = 1000;
/** A Ctrl-C so soon after the start may have come before the command could receive it. */
const NEWBORN_MS = 500;
const STDIN = 0;
const BY_SIGINT = 128 + constants.signals.SIGINT;

/**
 * Runs a command to its end. Returns 0, or with `check: false` its exit code, 128 + n when a signal ended it. Signals to this process
 * are passed on to the command. A Ctrl-C is not: the terminal has sent it to both. The command decides what it means; when it ends
 * the command, this process acts on it, too.
 *
 * @throws CommandFailedError when the exit code is not 0; DaskFleetError `CONFIG_INVALID` when the command cannot be started; the
 * abort signal's reason.
 */
export async function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<number> {
  return await Command.start(command, args, options).result;
}

/** A running command. It ends with this process, however that ends. */
export class Command {
  /** As {@link runCommand} returns it. */
  readonly result: Promise<number>;
  readonly #child: ChildProcess;
  readonly #watch: CommandWatch;
  readonly #over = new AbortController();
  readonly #ended = Promise.withResolvers<Ended | undefined>();
  #ending: { readonly reason: unknown } | undefined;
  /** The signal to end it with, if it is to end now: one that just arrived, or none when the command has received it itself. */
  #first: NodeJS.Signals | undefined = "SIGTERM";
  #interrupted = false;
  readonly #startedAt: number;

  static start(command: string, args: readonly string[], options: RunOptions): Command {
    return new Command(command, args, options);
  }

  private constructor(command: string, args: readonly string[], options: RunOptions) {
    const { cwd, env, stdio = "inherit" } = options;
    options.signal?.throwIfAborted();
    this.#watch = CommandWatch.open();
    try {
      const marked = { ...process.env, ...env, ...this.#watch.begins() };
      this.#child = spawn(command, args, { cwd, env: marked, stdio });
    } catch (error) {
      this.#watch.close(undefined);
      throw error;
    }
    this.#startedAt = performance.now();
    this.result = this.#run(command, options);
  }

  /**
   * Ends the command and everything it started. The result rejects with the reason, at the latest a second after SIGKILL.
   *
   * @param graceMs from SIGTERM to SIGKILL
   */
  end(reason: unknown, graceMs = KILL_AFTER_MS): void {
    if (this.#ending !== undefined) return;
    this.#ending = { reason };
    void this.#end(graceMs).catch(() => undefined);
  }

  async #end(graceMs: number): Promise<void> {
    const { signal } = this.#over;
    const [child, first] = [this.#child, this.#first];
    if (child.pid === undefined) return;
    const isWatched = this.#watch.end(child.pid, graceMs, first);
    if (!isWatched && first !== undefined) child.kill(first);
    await sleep(graceMs / 2, signal);
    if (!isWatched) child.kill("SIGTERM");
    await sleep(graceMs / 2, signal);
    child.kill("SIGKILL");
    await sleep(GIVE_UP_AFTER_MS, signal);
    child.unref();
    this.#ended.resolve(undefined);
  }

  /** A signal to this process may make it close the cluster, which ends the command with everything it started. */
  #onSignal(first: NodeJS.Signals | undefined, otherwise: () => void): void {
    this.#first = first;
    setImmediate(() => {
      this.#first = "SIGTERM";
      if (this.#ending === undefined) otherwise();
    });
  }

  async #run(command: string, { signal, check, stdio }: RunOptions): Promise<number> {
    const child = this.#child;
    if (child.pid !== undefined) this.#watch.began(child.pid);
    const stopPassing = passSignals({
      hasTerminal: inheritsStdin(stdio),
      pass: (signal) => this.#onSignal(signal, () => child.kill(signal)),
      interrupted: () => {
        this.#interrupted = true;
        if (performance.now() - this.#startedAt < NEWBORN_MS) this.#onSignal("SIGINT", () => child.kill("SIGINT"));
        else this.#onSignal(undefined, () => undefined);
      },
    });
    const onAbort = (): void => this.end(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    child.on("error", (cause) => {
      // It runs as another user and refuses our signals.
      if (child.pid !== undefined) return;
      const message = `The command "${command}" could not be started: ${messageOf(cause)}`;
      this.#ended.reject(new DaskFleetError("CONFIG_INVALID", message, { cause }));
    });
    child.once("exit", (status, by) => {
      const exitCode = status ?? 128 + (by === null ? 0 : constants.signals[by]);
      this.#ended.resolve({ exitCode, endedBy: by ?? undefined });
    });
    try {
      const ended = await this.#ended.promise;
      if (this.#ending !== undefined || ended === undefined) throw this.#ending?.reason;
      const { exitCode, endedBy } = ended;
      stopPassing();
      if (this.#interrupted && (endedBy === "SIGINT" || exitCode === BY_SIGINT)) takeInterrupt();
      if (exitCode !== 0 && check !== false) throw new CommandFailedError(command, exitCode, endedBy);
      return exitCode;
    } finally {
      this.#over.abort();
      this.#watch.close(child.pid);
      signal?.removeEventListener("abort", onAbort);
      stopPassing();
    }
  }
}

function inheritsStdin(stdio: StdioOptions = "inherit"): boolean {
  const first: unknown = typeof stdio === "string" ? stdio : stdio[0];
  // Not `process.stdin`, which would open it.
  return first === "inherit" || first === STDIN || (first as { readonly fd?: unknown } | undefined)?.fd === STDIN;
}

/** A command of {@link ClusterManager.run} failed. The error's code is `COMMAND_FAILED`. */
export class CommandFailedError extends DaskFleetError {
  /** Always `CommandFailedError`. */
  override readonly name = "CommandFailedError";
  /** The command's exit status; 128 + n when signal number n ended it. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | undefined;

  /** @param command the program alone: its arguments may hold a secret */
  constructor(command: string, exitCode: number, signal: NodeJS.Signals | undefined, circumstance?: string) {
    const how = signal === undefined ? `failed with exit code ${exitCode}` : `was ended by ${signal}`;
    super(
      "COMMAND_FAILED",
      `The command "${printableName(command)}" ${how}.${circumstance === undefined ? "" : ` ${circumstance}`}`,
    );
    this.exitCode = exitCode;
    this.signal = signal;
  }
}
