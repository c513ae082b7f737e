import { isError, messageOf } from "../errors.ts";
import type { ClusterManager, RunOptions } from "../index.ts";
import { sleep } from "../wait.ts";
import type { Call } from "./command.ts";
import { EXIT_CODES, FAILED, NOT_EXECUTABLE, NOT_FOUND } from "./exit-codes.ts";
import { complain } from "./output.ts";
import type { ClusterType } from "./providers.ts";

const LONGEST_TIMER_MS = 2_147_483_647;

/** The class of the call's provider. */
export async function typeOf({ provider, command }: Call): Promise<ClusterType> {
  if (provider === undefined) throw new Error(`${command.name} has no provider`);
  return await provider.type();
}

/** Starts a cluster and reports its progress. */
export async function started(call: Call, options: object): Promise<ClusterManager> {
  const type = await typeOf(call);
  const cluster = new type(options);
  call.out.follow(cluster);
  return await cluster.start();
}

/** Does some work with the call's cluster, which another process may have started, and lets go of it. */
export async function attached(call: Call, work: (cluster: ClusterManager) => Promise<number>): Promise<number> {
  const type = await typeOf(call);
  const cluster = await type.attach(call.name, { options: call.clusterOptions() });
  try {
    return await work(cluster);
  } finally {
    await cluster.detach();
  }
}

/** Runs the words after `--`, or others, with a `Client()` that connects. Returns the exit code, as a shell would. */
export async function runIn(
  { out }: Call,
  cluster: ClusterManager,
  [command = "", ...args]: readonly string[],
  { isSilent = false, ...options }: Pick<RunOptions, "cwd" | "env"> & { readonly isSilent?: boolean } = {},
): Promise<number> {
  try {
    return await out.lent(async () => await cluster.run(command, args, { ...options, check: false }));
  } catch (error) {
    const code = notStarted(error);
    if (code === undefined) throw error;
    if (!isSilent) complain(messageOf(error));
    return code;
  }
}

function notStarted(error: unknown): number | undefined {
  const { syscall = "", code } = (isError(error) ? (error.cause ?? {}) : {}) as NodeJS.ErrnoException;
  if (!syscall.startsWith("spawn")) return undefined;
  return code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE;
}

/** Waits until the cluster has closed, by a signal or by itself, or could not be removed completely. Returns the exit code. */
export async function untilClosed(cluster: ClusterManager): Promise<number> {
  const closed = new AbortController();
  const look = (): void => {
    if (cluster.state === "closed" || cluster.state === "failed") closed.abort();
  };
  cluster.onProgress(look);
  look();
  while (!closed.signal.aborted) await sleep(LONGEST_TIMER_MS, closed.signal).catch(() => undefined);
  if (cluster.state === "failed") return FAILED;
  return cluster.closedBecause === undefined ? 0 : EXIT_CODES[cluster.closedBecause];
}
