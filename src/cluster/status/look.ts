import { endsState } from "../../dask/agent/ends.ts";
import { type JobReport, type JobStatus, jobOperations } from "../../dask/agent/jobs.ts";
import { withAgent } from "../../dask/agent/with-agent.ts";
import type { Field } from "../../dask/fields.ts";
import type { SchedulerClient } from "../../dask/scheduler-client.ts";
import { parseVersions } from "../../dask/versions.ts";
import type { WorkerInfo } from "../../dask/worker-info.ts";
import type { Deadline } from "../../deadline.ts";
import { endsOf } from "../../ends.ts";
import { messageOf } from "../../errors.ts";
import { NodeTable, takesTasks } from "../../fleet/node-table.ts";
import { isNodeOf } from "../../fleet/workers-beside.ts";
import { isPlainObject } from "../../plain-object.ts";
import type { ResolvedClusterOptions } from "../../provider/cluster-options.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import { type Machine, isAlive } from "../../provider/machine.ts";
import { timeOf } from "../../provider/tags.ts";
import { optionsFor } from "../../provider/worker-group.ts";
import { readIntendedBounds } from "../../state/intended-bounds.ts";
import { printableText } from "../../text/printable.ts";
import { within } from "../../wait.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import { summaryOf } from "../find/summary-of.ts";
import { readTroubles } from "../lead/told-troubles.ts";
import { type ClusterRecord, type ListedRecord, leaderOf, targetsOf } from "../record.ts";
import type { ClusterStatus, GroupStatus } from "./cluster-status.ts";
import { withoutLauncher } from "./without-launcher.ts";

export interface StatusInput {
  readonly record: ClusterRecord;
  readonly spec: ClusterSpec;
  readonly verbs: ClusterProvider;
  /** Connects to the scheduler at that address. */
  readonly connect: (
    address: string,
    signal: AbortSignal,
  ) => Promise<{ readonly scheduler: SchedulerClient; readonly done: () => Promise<void> }>;
}

/** The parts that only the scheduler tells. */
type Told = Pick<ClusterStatus, "daskVersion" | "jobs"> & {
  readonly workers: readonly WorkerInfo[] | undefined;
  readonly ends: Awaited<ReturnType<typeof endsState>> | undefined;
};

const NOTHING: Told = { daskVersion: undefined, workers: undefined, jobs: undefined, ends: undefined };

/**
 * Looks at a recorded cluster from any process of this computer. It takes no lead, does not count as a launcher and changes nothing. What
 * fails is listed in `unknown`.
 */
export async function lookAt(
  { record, spec, verbs, connect }: StatusInput,
  deadline: Deadline,
): Promise<ClusterStatus> {
  const unknown: string[] = [];
  const trying = async <T>(what: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> => {
    try {
      return await within(what, deadline, ask);
    } catch (error) {
      deadline.signal?.throwIfAborted();
      unknown.push(printableText(`${what[0]?.toUpperCase()}${what.slice(1)} could not be read: ${messageOf(error)}`));
      return undefined;
    }
  };
  const names = spec.groups.map(({ name }) => name);
  const [leader, targets, bounds, machines, troubles] = await Promise.all([
    leaderOf(record),
    targetsOf(record),
    readIntendedBounds(record.name, names),
    trying("the list of machines", (signal) => verbs.list(signal)),
    readTroubles(record.name),
  ]);
  const scheduler = machines?.find((machine) => machine.role === "scheduler" && isAlive(machine));
  const schedulerAddress =
    scheduler === undefined
      ? undefined
      : await trying("the scheduler's address", (signal) => addressOf(scheduler, { spec, verbs }, signal));
  const client =
    schedulerAddress === undefined
      ? undefined
      : await trying("the scheduler", (signal) => connect(schedulerAddress, signal));
  const told = client === undefined ? NOTHING : await ask(client.scheduler, trying);
  await client?.done();
  const nodes = new NodeTable({ processesOf: (name) => spec.processesOf(spec.group(name)) });
  nodes.observeMachines(machines ?? []);
  nodes.observeWorkers(told.workers ?? []);
  const groups = spec.groups.map((group): GroupStatus => {
    const { name, minimum, maximum } = group;
    const { [name]: adapting } = bounds;
    const there = nodes.views(name).filter(({ machine }) => isAlive(machine)).length;
    const joined = machines === undefined || told.workers === undefined ? undefined : nodes.joinedOf(name);
    return {
      name,
      target: targets[name] ?? 0,
      minimum,
      maximum,
      machines: machines === undefined ? undefined : there,
      joined,
      booting: joined === undefined ? undefined : Math.max(0, there - joined),
      resources: resourcesOf(optionsFor(spec.options, group)),
      adapting: adapting === undefined ? undefined : { minimum: adapting.minimum, maximum: adapting.maximum },
    };
  });
  const isBeside = ({ name }: WorkerInfo): boolean =>
    spec.options.singleNode && scheduler !== undefined && isNodeOf(scheduler, name);
  const ends = endsOf(record.options, spec.expiresAt);
  const { knownNotAfter: certificatesEnd } = spec.security ?? {};
  const outlives = certificatesEnd === undefined || (spec.expiresAt !== undefined && spec.expiresAt <= certificatesEnd);
  const left = {
    name: record.name,
    ends,
    certificatesEnd: outlives ? undefined : certificatesEnd,
    canGrow: spec.security?.canGrow ?? true,
    canRenew: spec.security?.authority !== undefined,
    adapts: Object.keys(bounds).length > 0,
    endsWithProcess: verbs.capabilities.endsWithProcess === true,
  };
  return {
    name: record.name,
    id: record.id,
    provider: record.provider,
    place: record.place,
    state: listedState(record, { machines: left.endsWithProcess ? [] : machines, leader, targets }),
    createdAt: timeOf(record.createdAt),
    schedulerAddress,
    daskVersion: told.daskVersion,
    groups,
    beside: spec.options.singleNode
      ? {
          joined: told.workers?.filter((worker) => isBeside(worker) && takesTasks(worker)).length,
          wanted: spec.processesOf(undefined),
        }
      : undefined,
    workers: told.workers?.map((worker) => {
      const machine = isBeside(worker) ? scheduler : nodes.machineOf(worker.name);
      return {
        ...worker,
        machineId: machine?.id,
        group: machine === undefined ? undefined : nodes.groupOf(machine.id),
      };
    }),
    jobs: told.jobs,
    ends: {
      idleTimeoutMs: ends.idleMs,
      idleForMs: told.ends?.idleMs,
      noClientTimeoutMs: ends.noClientMs,
      aloneForMs: told.ends?.aloneMs,
      clients: told.ends?.clients,
      deadline: told.ends?.deadline,
      expiresAt: spec.expiresAt,
    },
    launcher: leader,
    troubles: leader === undefined ? [] : troubles,
    ...(leader === undefined ? withoutLauncher(left) : { goesOn: [], waits: [] }),
    unknown,
  };
}

function resourcesOf({
  workerOptions: { resources },
}: Pick<ResolvedClusterOptions, "workerOptions">): Readonly<Record<string, number>> {
  const entries = Object.entries(isPlainObject(resources) ? resources : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

type Trying = <T>(what: string, ask: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

async function addressOf(
  scheduler: Machine,
  { spec, verbs }: Pick<StatusInput, "spec" | "verbs">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { publicAddress, privateAddress } = await verbs.locate(scheduler, signal);
  const host = publicAddress ?? privateAddress;
  return host === undefined ? undefined : spec.addressAt(host);
}

async function ask(scheduler: SchedulerClient, trying: Trying): Promise<Told> {
  const [overview, jobs, ends, versions] = await Promise.all([
    trying("the list of workers", (signal) => scheduler.overview({ signal })),
    trying("the list of jobs", (signal) =>
      withAgent("the list of jobs", () => jobOperations.list(scheduler, { signal })),
    ),
    trying("what ends the cluster", (signal) => withAgent("status()", () => endsState(scheduler, { signal }))),
    trying("Dask's version", async (signal) => parseVersions(await aside(scheduler, signal))),
  ]);
  return {
    workers: overview?.workers,
    jobs: jobs?.filter(({ state }) => state === "starting" || state === "running").map(plainJob),
    ends,
    daskVersion: versions?.packages["distributed"],
  };
}

/** Python imports packages for it: other questions do not wait. */
async function aside(scheduler: SchedulerClient, signal: AbortSignal): Promise<Field> {
  await using comm = await scheduler.open({ signal });
  return await comm.ask({ op: "versions" }, { signal });
}

function plainJob({ resultBytes: _bytes, resultProblem: _problem, ...status }: JobReport): JobStatus {
  return status;
}

/** As a list shows it, which tells no machines of a local cluster. */
function listedState(
  record: ClusterRecord,
  {
    machines,
    leader,
    targets,
  }: { readonly machines: readonly Machine[] | undefined } & Pick<ListedRecord, "leader" | "targets">,
): ClusterStatus["state"] {
  const { name, id, provider } = record;
  if (machines === undefined) return leader === undefined ? "unattended" : "running";
  const things = machines.map(({ id: machine, role, state }) => ({
    kind: "machine",
    id: machine,
    clusterName: name,
    role,
    state,
    ...(state === "ending" ? {} : { stopped: state === "stopped" }),
  }));
  return summaryOf({ name, id, provider, things, record: { ...record, leader, targets } }).state;
}
