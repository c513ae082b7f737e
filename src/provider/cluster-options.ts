import * as z from "zod";

import type { NodeSpec, SchedulerOptions, WorkerOptions } from "../bootstrap/node-spec.ts";
import { DaskFleetError } from "../errors.ts";
import { count, describe, durationMs, environmentVariables, flag, instanceOf, text } from "../options/fields.ts";
import type { WorkerGroup } from "../provider/worker-group.ts";
import { Security } from "../security/security.ts";
import { CLUSTER_NAME } from "../state/cluster-name.ts";

/** The options that every cluster has, wherever its machines are. */
export interface ClusterOptions extends Pick<
  NodeSpec,
  "envVars" | "schedulerOptions" | "workerOptions" | "workerModule" | "workerClass" | "idleTimeoutMs"
> {
  /**
   * Name of the cluster, and the beginning of its machines' names: lower-case letters, digits and `-`, a letter first, 40 at
   * the most. Default: `dask-` and eight random hexadecimal digits.
   */
  readonly name?: string | undefined;
  /** Worker machines to start with. Default: 0, as in dask-cloudprovider. */
  readonly nWorkers?: number | undefined;
  /**
   * `start()` fails when fewer worker machines than this have joined in time; with fewer than `nWorkers` but at least this
   * many it goes on and warns. Default: `nWorkers`.
   */
  readonly minWorkers?: number | undefined;
  /**
   * `true` (default): mutual TLS with temporary certificates made for this cluster. They last until an hour after `maxLifetimeMs`,
   * or 365 days without it, and bound the cluster's life. A {@link Security}: mutual TLS with your own certificates. `false`: plain
   * `tcp://`, for a network that you trust, whatever environment and Dask's configuration demand.
   */
  readonly security?: boolean | Security | undefined;
  /** The machines end by themselves so many milliseconds after the start. Default: never. */
  readonly maxLifetimeMs?: number | undefined;
  /** `start()` takes no longer than this, in milliseconds. */
  readonly startTimeoutMs?: number | undefined;
  /**
   * `close()` retries for so long, whatever the cloud answers, in milliseconds, and takes 3 s more to tell what is left where it
   * could not remove everything. Default: 5 minutes.
   */
  readonly closeTimeoutMs?: number | undefined;
  /** `scale()` takes no longer than this, in milliseconds. Default: as `startTimeoutMs`. */
  readonly scaleTimeoutMs?: number | undefined;
  /** A worker that left the scheduler is replaced when it has not come back after so many milliseconds. Default: 15 s, as in Dask. */
  readonly lostWorkerTimeoutMs?: number | undefined;
  /**
   * Close the cluster when the process gets SIGINT, SIGTERM or SIGHUP, or has nothing more to do. `process.exit()`, an uncaught
   * exception and the end of a worker thread close nothing: `maxLifetimeMs` and `idleTimeoutMs` bound what that costs. Default: true.
   */
  readonly closeOnExit?: boolean | undefined;
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const schedulerOptions: z.ZodType<SchedulerOptions> = z.record(
  z.string(),
  describe(scalar, { expected: "a string, a number, true, false or a list of strings" }),
);

const workerOptions = z.record(
  z.string(),
  describe(z.union([scalar, z.record(z.string(), z.number())]), {
    expected: "a string, a number, true, false, a list of strings or a mapping of names to numbers",
  }),
) as unknown as z.ZodType<WorkerOptions>;

/** dask-cloudprovider's default, which it hands to another program than ours. A nanny is there without it. */
const NANNY = /^(?:dask\.)?distributed\.(?:nanny\.)?Nanny$/;

const workerClass: z.ZodType<string | undefined, string> = describe(
  text().refine((value) => !/(?:^|\.)CUDAWorker$/.test(value)),
  {
    expected: 'a subclass of distributed.Worker; CUDAWorker is none, but `workerModule: "dask cuda worker"` starts it',
  },
).transform((value) => (NANNY.test(value) ? undefined : value));

/** The schema behind {@link ClusterOptions}; a provider adds its own options and may set other defaults. */
export const clusterFields = {
  name: text({
    pattern: CLUSTER_NAME,
    expected: "2 to 40 lower-case letters, digits and `-`, a letter first and no `-` at the end",
  }).optional(),
  nWorkers: count().default(0),
  minWorkers: count().optional(),
  security: z.union([flag(), instanceOf(Security, "a Security")]).default(true),
  envVars: environmentVariables().default({}),
  schedulerOptions: schedulerOptions.default({}),
  workerOptions: workerOptions.default({}),
  workerModule: text().optional(),
  workerClass: workerClass.optional(),
  idleTimeoutMs: durationMs().optional(),
  maxLifetimeMs: durationMs({ min: 1000 }).optional(),
  startTimeoutMs: durationMs().default(600_000),
  closeTimeoutMs: durationMs().default(300_000),
  scaleTimeoutMs: durationMs().optional(),
  lostWorkerTimeoutMs: durationMs().default(15_000),
  closeOnExit: flag().default(true),
};

type WithDefault =
  | "nWorkers"
  | "security"
  | "envVars"
  | "schedulerOptions"
  | "workerOptions"
  | "startTimeoutMs"
  | "closeTimeoutMs"
  | "lostWorkerTimeoutMs"
  | "closeOnExit";

/** {@link ClusterOptions}, checked and with their defaults. */
export type ResolvedClusterOptions = Omit<ClusterOptions, WithDefault> & {
  readonly [Option in WithDefault]: NonNullable<ClusterOptions[Option]>;
} & {
  /** Groups of workers, where options name them; then `nWorkers` and `minWorkers` count for nothing. */
  readonly groups?: readonly WorkerGroup[] | undefined;
};

/** What no single option's schema can see. */
export function checkTogether({
  nWorkers,
  minWorkers,
}: {
  readonly nWorkers: number;
  readonly minWorkers?: number | undefined;
}): void {
  if (minWorkers !== undefined && minWorkers > nWorkers) {
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `Expected the \`minWorkers\` option to be at most nWorkers (${nWorkers}), got \`${minWorkers}\` (number)`,
    );
  }
}

/** @throws DaskFleetError `CONFIG_INVALID` unless `value` is a number of things. */
export function assertCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new DaskFleetError("CONFIG_INVALID", `Expected ${what} to get a whole number of at least 0, got \`${value}\``);
}
