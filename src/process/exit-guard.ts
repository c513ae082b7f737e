import { constants } from "node:os";
import { inspect } from "node:util";
import { isMainThread } from "node:worker_threads";

import { seconds } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { isCommandsInterrupt } from "./passed-signals.ts";
import { outliveFailedWrites } from "./standard-streams.ts";
import { tellOnStderr } from "./stderr.ts";

/** What the guard needs of a cluster. */
export interface Guarded {
  readonly name: string;
  /** How long a close may take, in milliseconds. */
  readonly closeTimeoutMs: number;
  close(): Promise<void>;
  /** What a process that gives up now leaves behind, and how to remove it; empty when nothing is left. Asks nobody. */
  whatIsLeft(): string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/**
 * One Ctrl-C comes twice where npm or a shell passes on what the terminal has sent to all, and systemd sends SIGHUP right after
 * SIGTERM: within so many milliseconds it is the same wish.
 */
const ECHO_MS = 500;

const guarded = new Set<Guarded>();
let first: { readonly at: number } | undefined;
let endOutliving = (): void => undefined;
/** The close that a signal has asked for, up to the end of the process. */
let serving: Promise<void> | undefined;

/**
 * Closes open clusters when the process is asked to end: once on SIGINT, SIGTERM or SIGHUP (a second signal gives up and
 * lists what is left), and when the process has nothing more to do although a cluster is still open. No failed write to a
 * terminal, pipe or file ends the process meanwhile.
 */
export function guardExit(cluster: Guarded): void {
  if (guarded.size === 0) install();
  guarded.add(cluster);
}

export function unguardExit(cluster: Guarded): void {
  if (guarded.delete(cluster) && guarded.size === 0) uninstall();
}

/** The options that end machines by themselves; a time-out of 0 does not. */
interface OwnEnds {
  readonly maxLifetimeMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly noClientTimeoutMs?: number | undefined;
}

/**
 * The warning of a start where no guard can hold and the machines have no end of their own; undefined elsewhere. A worker thread gets
 * no signal, and `terminate()` calls nothing.
 */
export function unguardedWarning(
  name: string,
  { maxLifetimeMs, idleTimeoutMs = 0, noClientTimeoutMs = 0 }: OwnEnds,
): string | undefined {
  if (isMainThread || maxLifetimeMs !== undefined || idleTimeoutMs > 0 || noClientTimeoutMs > 0) return undefined;
  return (
    `${name} runs in a worker thread, where no signal arrives: nothing closes it on Ctrl-C, when the program is ended, or when the ` +
    "thread is terminated. Close it in `finally` or with `await using`, and set `maxLifetimeMs` or `idleTimeoutMs`: then its machines end by themselves."
  );
}

function install(): void {
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
  endOutliving = outliveFailedWrites();
}

function uninstall(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off("beforeExit", onBeforeExit);
  process.off("exit", onExit);
  // The words of the close itself may still fail.
  setImmediate(endOutliving);
}

/** Whether an interrupt is meant for somebody else. */
let leavesInterrupts = false;

/** For a process whose SIGINT is meant for the program that has started it. Returns a function that ends this. */
export function leaveInterrupts(): () => void {
  leavesInterrupts = true;
  return () => {
    leavesInterrupts = false;
  };
}

function onSignal(signal: NodeJS.Signals): void {
  if (signal === "SIGINT" && leavesInterrupts) return;
  // As a shell does: a command that was run has the terminal, and decides what a Ctrl-C means.
  if (signal === "SIGINT" && isCommandsInterrupt()) return;
  onOurs(signal);
}

/** A Ctrl-C that was a command's has ended it: then it is this process's, too. */
export function takeInterrupt(): void {
  if (guarded.size > 0) onOurs("SIGINT");
  else if (process.listenerCount("SIGINT") === 0) process.kill(process.pid, "SIGINT");
}

function onOurs(signal: NodeJS.Signals): void {
  if (first === undefined) {
    first = { at: performance.now() };
    const [what, longestMs] = [names(), Math.max(...[...guarded].map(({ closeTimeoutMs }) => closeTimeoutMs))];
    // Before the words: a terminal may hold them up.
    const closed = closeAll();
    const again = signal === "SIGINT" ? "Ctrl-C again" : "A second signal";
    tellOnStderr(
      `${signal}: closing ${what}. It may take up to ${seconds(longestMs)}. ${again} ends now and lists what is left.`,
    );
    serving = serve(signal, closed);
    return;
  }
  // onExit lists what is left.
  if (performance.now() - first.at >= ECHO_MS) process.exit(128 + constants.signals[signal]);
}

/**
 * What the close does to the program, such as a rejected `run()`, is not to end the process before the close has come to its end.
 */
async function serve(signal: NodeJS.Signals, closed: Promise<void>): Promise<void> {
  const thrown: unknown[] = [];
  const onThrown = (error: unknown): void => void thrown.push(error);
  const isHandled = process.listenerCount("uncaughtException") > 0;
  if (!isHandled) process.on("uncaughtException", onThrown);
  await closed;
  process.off("uncaughtException", onThrown);
  [first, serving] = [undefined, undefined];
  for (const error of thrown) if (!isOfClose(error)) tellOnStderr(`Thrown while closing: ${inspect(error)}`);
  endBy(signal);
  // The program goes on after the signal.
  if (thrown.length > 0) throw thrown[0];
}

function isOfClose(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "CLOSED";
}

/** Answers a caller, but after a signal only when the close has come to its end: the answer may make the caller end the process. */
export async function afterClose<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await serving?.catch(() => undefined);
  }
}

/** Ends the process as the signal would have without us, unless the program has a handler of its own. */
function endBy(signal: NodeJS.Signals): void {
  for (const each of SIGNALS) process.off(each, onSignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function onBeforeExit(): void {
  tellOnStderr(
    `The program has ended without closing ${names()}: closing now. Use "await using" or close() to do so earlier.`,
  );
  void closeAll();
}

function onExit(): void {
  for (const cluster of guarded) {
    const left = cluster.whatIsLeft();
    if (left !== "") tellOnStderr(`${cluster.name} was not closed. ${left}`);
  }
}

async function closeAll(): Promise<void> {
  await Promise.all(
    [...guarded].map(async (cluster) => {
      try {
        await cluster.close();
      } catch (error) {
        process.exitCode = 1;
        tellOnStderr(messageOf(error));
      } finally {
        unguardExit(cluster);
      }
    }),
  );
}

function names(): string {
  return [...guarded].map(({ name }) => name).join(", ");
}
