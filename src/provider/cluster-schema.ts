import * as z from "zod";

import type { SchedulerOptions, WorkerOptions } from "../bootstrap/node-spec.ts";
import { DaskFleetError } from "../errors.ts";
import { count, describe, durationMs, environmentVariables, flag, shared, text, timeoutMs } from "../options/fields.ts";
import type { OwnCertificates } from "../security/references/from-options.ts";
import type { Security } from "../security/security.ts";
import type { TemporarySecurity } from "../security/temporary/temporary-security.ts";
import { CLUSTER_NAME } from "../state/cluster-name.ts";
import { ofGroup, workersField } from "./groups/group-fields.ts";
import { registryLogins, secretValue } from "./secrets/secret-fields.ts";
import type { RegistryOptions, SecretValue } from "./secrets/secret-values.ts";
import { securityField } from "./secrets/security-field.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const schedulerOptions = describe(
  z.record(z.string(), describe(scalar, { expected: "a string, a number, true, false or a list of strings" })),
  { type: "SchedulerOptions" },
) as unknown as z.ZodType<SchedulerOptions, SchedulerOptions>;

const security: z.ZodType<
  boolean | Security | TemporarySecurity,
  boolean | Security | TemporarySecurity | OwnCertificates
> = securityField;

const workerOptions = describe(
  z.record(
    z.string(),
    describe(z.union([scalar, z.record(z.string(), z.number())]), {
      expected: "a string, a number, true, false, a list of strings or a mapping of names to numbers",
    }),
  ),
  { type: "WorkerOptions" },
) as unknown as z.ZodType<WorkerOptions, WorkerOptions>;

/** dask-cloudprovider's default. Our program starts a nanny without it. */
const NANNY = /^(?:dask\.)?distributed\.(?:nanny\.)?Nanny$/;

const workerClass: z.ZodType<string | undefined, string> = describe(
  text().refine((value) => !/(?:^|\.)CUDAWorker$/.test(value)),
  {
    expected: 'a subclass of distributed.Worker; for CUDAWorker set `workerModule: "dask cuda worker"`',
  },
).transform((value) => (NANNY.test(value) ? undefined : value));

const IDLE_TIMEOUT =
  "The cluster ends after this time without work: tasks that wait or run, jobs, calls and maps. `0` means never.";
const NO_CLIENT_TIMEOUT =
  "The cluster ends after this time without a client, a launcher and work: nobody is there to give it any. `0` means never.";

/** The time-outs that end a cluster on a cloud, unless an option says otherwise: forgotten machines cost money. */
export const SAFE_ENDS = shared("every cloud", {
  idleTimeoutMs: describe(timeoutMs().default(1_200_000), { description: IDLE_TIMEOUT }),
  noClientTimeoutMs: describe(timeoutMs().default(300_000), { description: NO_CLIENT_TIMEOUT }),
});

const ownFields = {
  name: describe(
    text({
      pattern: CLUSTER_NAME,
      expected: "2 to 40 lower-case letters, digits and `-`, a letter first and no `-` at the end",
    }).optional(),
    {
      description:
        "The cluster's name, and the prefix of its machines' names. 2 to 40 lower-case letters, digits and `-`, a letter first.",
      absent: "`dask-` and eight random hexadecimal digits",
    },
  ),
  nWorkers: describe(count().default(0), {
    description:
      "Number of worker machines at the start. `dask-fleet run` starts 1 by default, with `singleNode` none.",
  }),
  minWorkers: describe(count().optional(), {
    description:
      "`start()` fails if fewer worker machines join in time. With at least this many, but fewer than `nWorkers`, it continues and warns.",
    absent: "`nWorkers`",
  }),
  singleNode: describe(flag().default(false), {
    description:
      "Whether the scheduler's machine runs workers, too, as `workerOptions`, `workerModule` and `workerClass` say: a cluster on one machine. `start()` waits for them. `nWorkers` are further machines. The workers get the machine's threads, and its memory but an eighth, at most 2 GiB. They are never retired.",
  }),
  security: describe(security.prefault(true), {
    description:
      "`true` for mutual TLS with temporary certificates, `false` for plain `tcp://`. The certificates are made for this cluster. They last until an hour after `maxLifetimeMs`, or 365 days without it, and are renewed at half of that while a launcher with the CA's key looks after the cluster. `{ delivery, authority }` chooses how machines come by them, and where the CA's key is. `{ ca, cert, key }` means mutual TLS with your own certificates, as does a `Security` in a program: each is a path, a PEM text or a reference to a secret such as `aws-sm:dask/key`, which machines fetch through their own identity; `scheduler`, `worker` and `client` may have pairs of their own. `false` is for networks that you trust; it overrides the environment and Dask's configuration.",
    type: "boolean | Security | TemporarySecurity | OwnCertificates",
    output: "boolean | Security | TemporarySecurity",
    expected: "true, false, a Security or a mapping, such as { ca, cert, key } or { delivery }",
    expectedInText: "true, false or a mapping, such as { ca, cert, key } or { delivery }",
  }),
  envVars: describe(
    environmentVariables<z.ZodType<SecretValue, SecretValue>>(secretValue(text({ empty: true }))).default({}),
    {
      description:
        'Environment variables of the scheduler, the workers and the tasks they run. `{ from: "gcp-sm:projects/lab/secrets/token" }` instead of a value is a reference to a secret, which each machine fetches through its own identity; on a command line `--env-from TOKEN=gcp-sm:projects/lab/secrets/token`.',
    },
  ),
  registries: describe(registryLogins().default({} satisfies Record<string, RegistryOptions>), {
    description:
      'Logins to registries of images: `{ "ghcr.io": { username: "me", password: { from: "aws-sm:dask/ghcr" } } }`. Machines log in before they pull. A password that is no reference is in their user data.',
  }),
  schedulerOptions: describe(schedulerOptions.default({}), {
    description:
      'More options of `dask scheduler`. In a program their names are in camelCase: `{ dashboardPrefix: "/x" }`.',
  }),
  workerOptions: describe(workerOptions.default({}), {
    description:
      'More options of `dask worker`: processes, threads, memory, resources. In a program their names are in camelCase: `{ nworkers: 2, nthreads: 1, memoryLimit: "4GB", resources: { GPU: 1 } }`.',
  }),
  workerModule: describe(text().optional(), {
    description:
      "The module that `python -m` runs on a worker. Words after it are its first arguments, as in `dask cuda worker`. Only the default is given ports, the worker class and the time limit for joining.",
    absent: "`distributed.cli.dask_worker`",
  }),
  workerClass: describe(workerClass.optional(), {
    description: "The dotted name of the workers' class, a subclass of `distributed.Worker`.",
    absent: "Dask's own",
    output: "string",
  }),
  idleTimeoutMs: describe(timeoutMs().optional(), { description: IDLE_TIMEOUT, absent: "never" }),
  noClientTimeoutMs: describe(timeoutMs().optional(), { description: NO_CLIENT_TIMEOUT, absent: "never" }),
  maxLifetimeMs: describe(durationMs({ min: 1000 }).optional(), {
    description: "The machines end by themselves this long after the start.",
    absent: "never",
  }),
  startTimeoutMs: describe(durationMs().default(600_000), { description: "`start()` takes no longer than this." }),
  closeTimeoutMs: describe(durationMs().default(300_000), {
    description:
      "`close()` retries for this long, whatever the cloud answers. If something is left, it takes 3 s more to list it.",
  }),
  scaleTimeoutMs: describe(durationMs().optional(), {
    description: "`scale()` takes no longer than this.",
    absent: "as `startTimeoutMs`",
  }),
  lostWorkerTimeoutMs: describe(durationMs().default(15_000), {
    description: "A worker that left the scheduler is replaced if it does not come back within this time.",
  }),
  closeOnExit: describe(flag().default(true), {
    description:
      "Closes the cluster on SIGINT, SIGTERM, SIGHUP, and when the program has nothing more to do. `process.exit()`, an uncaught exception and the end of a worker thread close nothing: `idleTimeoutMs`, `noClientTimeoutMs` and `maxLifetimeMs` bound the cost.",
  }),
};

/** The options of every cluster that each group of its workers may have of its own. */
export const groupFields = ofGroup(
  {
    ...ownFields,
    envVars: describe(ownFields.envVars, {
      description:
        "Environment variables of the group's workers and the tasks they run, or references to their values.",
    }),
  },
  "envVars",
  "workerOptions",
  "workerModule",
  "workerClass",
);

const { name, nWorkers, minWorkers, ...furtherFields } = ownFields;

/** The options of every cluster; a provider adds its own and may set other defaults. */
export const clusterFields = shared("every cluster", {
  name,
  nWorkers,
  minWorkers,
  workers: workersField(groupFields, {
    name: "WorkerGroupOptions",
    about: "A group of a cluster's workers: its size, and options that override the cluster's.",
  }),
  ...furtherFields,
});

/** Checks across options. */
export function checkTogether({
  nWorkers: size,
  minWorkers: quorum,
}: {
  readonly nWorkers: number;
  readonly minWorkers?: number | undefined;
}): void {
  if (quorum !== undefined && quorum > size) {
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `Expected the \`minWorkers\` option to be at most nWorkers (${size}), got \`${quorum}\` (number)`,
    );
  }
}

/** @throws DaskFleetError `CONFIG_INVALID` unless `value` is a whole number of at least 0 */
export function assertCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new DaskFleetError("CONFIG_INVALID", `Expected ${what} to get a whole number of at least 0, got \`${value}\``);
}
