import { messageOf } from "../errors.ts";
/** What the guard needs of a cluster. */
export interface Guarded {
  readonly name: string;
  close(): Promise<void>;
  /** One line on what a process that gives up now leaves behind; empty when nothing is left. */
  whatIsLeft(): string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const guarded = new Set<Guarded>();
let firstSignal: NodeJS.Signals | undefined;

/**
 * Closes open clusters when the process is asked to end: once on SIGINT, SIGTERM or SIGHUP (a second signal gives up and
 * lists what is left), and when the process has nothing more to do although a cluster is still open.
 */
export function guardExit(cluster: Guarded): void {
  if (guarded.size === 0) install();
  guarded.add(cluster);
}

export function unguardExit(cluster: Guarded): void {
  if (guarded.delete(cluster) && guarded.size === 0) uninstall();
}

function install(): void {
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
}

function uninstall(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off("beforeExit", onBeforeExit);
  process.off("exit", onExit);
}

function onSignal(signal: NodeJS.Signals): void {
  if (firstSignal === undefined) {
    firstSignal = signal;
    note(`${signal}: closing ${names()}. A second signal gives up.`);
    void closeAll().then(() => {
      firstSignal = undefined;
      endBy(signal);
    });
    return;
  }
  // onExit lists what is left.
  process.exit(128 + (signal === "SIGINT" ? 2 : signal === "SIGHUP" ? 1 : 15));
}

/** Ends the process as the signal would have without us, unless the program has a handler of its own. */
function endBy(signal: NodeJS.Signals): void {
  for (const each of SIGNALS) process.off(each, onSignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function onBeforeExit(): void {
  note(`The program has ended without closing ${names()}: closing now. Use "await using" or close() to do so earlier.`);
  void closeAll();
}

function onExit(): void {
  for (const cluster of guarded) {
    const left = cluster.whatIsLeft();
    if (left !== "") note(`${cluster.name} was not closed. Left behind: ${left}`);
  }
}

async function closeAll(): Promise<void> {
  await Promise.all(
    [...guarded].map(async (cluster) => {
      try {
        await cluster.close();
      } catch (error) {
        process.exitCode = 1;
        note(messageOf(error));
      } finally {
        unguardExit(cluster);
      }
    }),
  );
}

function names(): string {
  return [...guarded].map(({ name }) => name).join(", ");
}

function note(text: string): void {
  process.stderr.write(`dask-fleet: ${text}\n`);
}
