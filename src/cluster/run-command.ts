import { spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";

import { DaskFleetError, messageOf } from "../errors.ts";
import { sleep } from "../wait.ts";
import { CommandFailedError } from "./command-failed.ts";

export interface RunOptions {
  /** More environment variables; they win over the cluster's own. `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Working directory. Default: the caller's. */
  readonly cwd?: string | undefined;
  /** Default: `"inherit"`, the command talks to the caller's terminal. */
  readonly stdio?: StdioOptions | undefined;
  /** Ends the command (SIGTERM, then SIGKILL) when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a command that does not succeed is an error. With `false` its exit code is just returned. Default: true. */
  readonly check?: boolean | undefined;
}

interface Ended {
  readonly exitCode: number;
  readonly endedBy: NodeJS.Signals | undefined;
}

const KILL_AFTER_MS = 5000;
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/**
 * Runs a command to its end. Returns 0, or with `check: false` its exit code, 128 + n when a signal ended it. Signals that reach this process are
 * passed on to the command, except those that a terminal has already sent to both.
 *
 * @throws CommandFailedError when the exit code is not 0; DaskFleetError `CONFIG_INVALID` when the command cannot be started; the
 * signal's reason when it is aborted.
 */
export async function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<number> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: options.stdio ?? "inherit",
  });
  const forward = (signal: NodeJS.Signals): void => {
    const sentByTerminal = signal === "SIGINT" && process.stdin.isTTY;
    if (!sentByTerminal) child.kill(signal);
  };
  const ended = new AbortController();
  const terminate = (): void => {
    child.kill("SIGTERM");
    void sleep(KILL_AFTER_MS, ended.signal).then(
      () => child.kill("SIGKILL"),
      () => undefined,
    );
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  options.signal?.addEventListener("abort", terminate, { once: true });
  try {
    const { exitCode, endedBy } = await new Promise<Ended>((resolve, reject) => {
      child.on("error", (cause) => {
        // It runs as another user, and does not take our signals.
        if (child.pid !== undefined) return;
        reject(
          new DaskFleetError("CONFIG_INVALID", `The command "${command}" could not be started: ${messageOf(cause)}`, {
            cause,
          }),
        );
      });
      child.once("exit", (status, signal) => {
        const exitCode = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({ exitCode, endedBy: signal ?? undefined });
      });
    });
    options.signal?.throwIfAborted();
    if (exitCode !== 0 && options.check !== false) throw new CommandFailedError(command, exitCode, endedBy);
    return exitCode;
  } finally {
    ended.abort();
    options.signal?.removeEventListener("abort", terminate);
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}
