import { DEFAULT_NODE_PORTS } from "../../bootstrap/node-spec.ts";
import { Deadline } from "../../deadline.ts";
import { DaskFleetError, meaningOf, messageOf } from "../../errors.ts";
import { CreationRetries } from "../../fleet/creation-retries.ts";
import type { GroupFleet } from "../../fleet/group-fleet.ts";
import { Troubles } from "../../fleet/troubles.ts";
import { isPrivateAddress } from "../../private-address.ts";
import type { ProgressEvent, Timeline } from "../../progress.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { ClusterId } from "../../provider/identity.ts";
import type { CreatedMachines, Machine, TaggedResource } from "../../provider/machine.ts";
import { nameTaken, othersIn } from "../../provider/name-taken.ts";
import type { GroupedOptions } from "../../provider/worker-group.ts";
import { Security } from "../../security/security.ts";
import { removeStateDirectory } from "../../state/state-directory.ts";
import { sleep, within } from "../../wait.ts";
import { ClusterSpec, LONGEST_HOST, securityFor } from "../cluster-spec.ts";
import type { CreationLedger } from "../end/creation-ledger.ts";
import { endsEvent } from "../ends.ts";
import { groupsOf, sizesInWords, startSizes } from "../groups.ts";
import type { Lead } from "../lead/lead.ts";
import type { ClusterRecord } from "../record.ts";
import { RunningCluster } from "../running-cluster.ts";
import { loadSecurity } from "../secrets/load-security.ts";
import { refuseStrangers } from "../secrets/refuse-strangers.ts";
import { removeAbandoned } from "./abandoned.ts";
import { settleName } from "./second-look.ts";

export interface LaunchInput {
  readonly clusterName: string;
  readonly clusterId: ClusterId;
  readonly providerName: string;
  readonly options: GroupedOptions;
  readonly verbs: ClusterProvider;
  readonly ledger: CreationLedger;
  readonly lead: Lead;
  readonly timeline: Timeline;
  readonly emit: (event: ProgressEvent) => void;
  /** Called when resources may exist from now on, and again with the running cluster: a rollback needs both. */
  readonly onProgress: (running: RunningCluster | undefined) => void;
}

const LISTEN_INTERVAL_MS = 1000;
/** The minimum: a start with fewer workers than wanted has used up its time. */
const VERSIONS_TIMEOUT_MS = 2000;

/** A spec from options alone, with the default ports. */
export function specifyCluster({
  clusterName,
  clusterId,
  providerName,
  options,
  verbs,
}: Pick<LaunchInput, "clusterName" | "clusterId" | "providerName" | "options" | "verbs">): ClusterSpec {
  const { maxLifetimeMs } = options;
  const expiresAt = maxLifetimeMs === undefined ? undefined : new Date(Date.now() + maxLifetimeMs);
  return new ClusterSpec({
    clusterName,
    clusterId,
    providerName,
    options,
    groups: groupsOf(options),
    security: securityFor(options, { clusterName, expiresAt }, verbs.capabilities),
    ports: DEFAULT_NODE_PORTS,
    expiresAt,
    capabilities: verbs.capabilities,
    extras: (role, question) => verbs.nodeExtras(role, question),
  });
}

/**
 * Launches a cluster and waits for its workers. The scheduler's private address is known once its machine is created, so workers and
 * scheduler boot at the same time.
 */
export async function launch(
  input: LaunchInput,
  signal: AbortSignal,
): Promise<{ spec: ClusterSpec; running: RunningCluster }> {
  const { providerName, options, verbs, ledger, lead, timeline, emit, onProgress } = input;
  const deadline = new Deadline(options.startTimeoutMs, signal);
  refuseStrangers(options, verbs);
  const drawn = await timeline.measure("certificates", async () => {
    const { security } = options;
    if (security instanceof Security) {
      await within("the client's certificate", deadline, async (inner) => await loadSecurity(security, inner));
    }
    return specifyCluster(input);
  });
  measureUserData(drawn);

  await within("the removal of abandoned clusters", deadline, (inner) => removeAbandoned(providerName, verbs, inner));
  await lead.begin(await recordOf(drawn, verbs, deadline));
  if (options.name !== undefined) await refuseTakenName(options.name, verbs, deadline);
  onProgress(undefined);
  const { ports, warnings = [] } = await timeline.measure("prepare", () =>
    within("the cluster's network and image", deadline, (inner) => verbs.prepare(drawn.prepareRequest(), inner)),
  );
  for (const message of warnings) emit({ type: "warning", message });
  const spec = ports === undefined ? drawn : drawn.withPorts(ports);
  await timeline.measure("user data", () => measureUserData(spec));
  await lead.update(await recordOf(spec, verbs, deadline));

  const schedulerMachine = await timeline.measure("scheduler machine", () => createScheduler(input, spec, deadline));
  const madeAt = performance.now();
  const { id, state } = schedulerMachine;
  emit({ type: "scheduler", change: "created", id });
  if (state === "running") emit({ type: "scheduler", change: "booted", id });
  const running = new RunningCluster({ spec, verbs, ledger, lead, schedulerMachine, emit });
  onProgress(running);
  await running.setTarget(startSizes(spec.groups));
  const schedulerUp = new AbortController();
  await sideBySide(deadline, [
    async (shared) => {
      await timeline.measure("worker machines", () =>
        within("the workers' machines", shared, () => running.fleet.reconcile()),
      );
      await watchWorkers(running, shared, schedulerUp.signal);
    },
    (shared) =>
      timeline.measure("scheduler up", async () => {
        await running.locate(shared);
        warnOfPlainText(spec, running, emit);
        await running.connect(shared);
        schedulerUp.abort();
      }),
    async (shared) => {
      const { name } = options;
      const { clusterId: id } = spec;
      // A random name has no rival.
      if (name !== undefined && id !== undefined) await settleName({ name, id, verbs, madeAt }, shared);
    },
  ]);
  if (running.fleet.target > 0 || running.fleet.beside !== undefined) {
    await timeline.measure("workers joined", () => waitForFirstWorkers(running, deadline, emit));
    await warnOfVersions(running, deadline, emit);
  }
  const ends = endsEvent(running.agent.ends);
  if (ends !== undefined) emit(ends);
  return { spec, running };
}

/** Builds the user data of each kind of machine: impossible options fail here, before anything is created. */
function measureUserData(spec: ClusterSpec): void {
  spec.userData("scheduler", LONGEST_HOST);
  for (const { name: group } of spec.groups) spec.userData("worker", LONGEST_HOST, { group });
}

/** Refuses a name in use. {@link settleName} decides between two that check at the same moment. */
async function refuseTakenName(name: string, verbs: ClusterProvider, deadline: Deadline): Promise<void> {
  let found: readonly TaggedResource[];
  try {
    found = await within("the search for a cluster of the same name", deadline, (signal) => verbs.find(name, signal));
  } catch (error) {
    await removeStateDirectory(name);
    throw error;
  }
  if (found.length === 0) return;
  await removeStateDirectory(name);
  throw nameTaken(name, othersIn(found));
}

async function recordOf(
  spec: ClusterSpec,
  verbs: ClusterProvider,
  deadline: Deadline,
): Promise<Omit<ClusterRecord, "launcher">> {
  const ask = (signal: AbortSignal): ReturnType<ClusterProvider["place"]> => verbs.place({ account: false }, signal);
  const place = await within("the provider's SDK and credentials", deadline, ask);
  return {
    createdAt: new Date().toISOString(),
    ...spec.record(),
    ...(place === undefined ? {} : { place }),
    providerState: verbs.state.save(),
  };
}

/**
 * Creates the scheduler's machine. A lack of capacity or quota ends the start at once: nothing costs money yet, and the caller may
 * choose another zone. Momentary failures are retried until the deadline.
 */
async function createScheduler(
  { verbs, ledger, lead, emit }: LaunchInput,
  spec: ClusterSpec,
  deadline: Deadline,
): Promise<Machine> {
  const retries = new CreationRetries();
  const troubles = new Troubles(emit);
  for (;;) {
    await lead.assertHeld();
    // A new token each time: a cloud answers a known one with the first call's result.
    const request = spec.request("scheduler", 1, LONGEST_HOST);
    const { machines, shortfall, uncertain } = await within("the scheduler's machine", deadline, (signal) =>
      ledger.track(() => verbs.create(request, signal)),
    ).catch((error: unknown): CreatedMachines => {
      deadline.signal?.throwIfAborted();
      if (!(error instanceof DaskFleetError && isMomentary(error))) throw error;
      return { machines: [], shortfall: error, uncertain: error.meaning === "transient" };
    });
    const [machine] = machines;
    if (machine !== undefined) {
      troubles.over("creation");
      return machine;
    }
    const error =
      shortfall ?? new DaskFleetError("MACHINE_CREATE_FAILED", "The provider made no machine for the scheduler.");
    retries.failed(error, false);
    if (uncertain === true || !isMomentary(error) || retries.hopeless !== undefined) throw error;
    if (retries.nextTryInMs >= deadline.remainingMs) throw error;
    troubles.tell("creation", `The scheduler's machine: ${messageOf(error)}`);
    await sleep(retries.nextTryInMs, deadline.signal);
  }
}

function isMomentary(error: Error): boolean {
  return ["transient", "throttled", "permission", "credentials"].includes(meaningOf(error));
}

/**
 * Watches the workers' machines while the scheduler boots: refused ones are retried, and consoles are read. A permanent refusal, or
 * workers that give up, end the start now and not after the scheduler's boot, if the start needs machines of their group.
 */
async function watchWorkers(
  { fleet, spec }: RunningCluster,
  deadline: Deadline,
  schedulerUp: AbortSignal,
): Promise<void> {
  const signal = deadline.signal === undefined ? schedulerUp : AbortSignal.any([deadline.signal, schedulerUp]);
  const needed = fleet.groups.filter(({ name }) => spec.group(name).quorum > 0);
  while (!deadline.expired) {
    const [hopeless] = needed.flatMap((group) => group.hopeless ?? []);
    if (hopeless !== undefined) throw hopeless;
    const short = fleet.groups.filter(({ shortage }) => shortage !== undefined);
    const nextTryInMs = (): number => Math.min(...short.map((group) => group.nextTryInMs));
    const pauseMs = Math.min(LISTEN_INTERVAL_MS, Math.max(1, nextTryInMs()));
    await sleep(Math.min(pauseMs, deadline.remainingMs), signal).catch(() => undefined);
    deadline.signal?.throwIfAborted();
    if (schedulerUp.aborted) return;
    const isDue = nextTryInMs() <= 0;
    if (!isDue && !(await fleet.listen())) continue;
    // Transient failures are retried, here or when the scheduler is up.
    await within("the workers' machines", deadline, () => fleet.reconcile()).catch(() => undefined);
    deadline.signal?.throwIfAborted();
  }
}

/** After this many refusals in a row a start goes on with its quorum. */
const ENOUGH_REFUSALS = 4;

/** Waits for all workers; or for each group's quorum, when time is up or the cloud has no more capacity. */
async function waitForFirstWorkers(
  running: RunningCluster,
  deadline: Deadline,
  emit: LaunchInput["emit"],
): Promise<void> {
  const { fleet, spec } = running;
  const hasQuorum = ({ name, joined }: GroupFleet): boolean => joined >= spec.group(name).quorum;
  const isWhole = ({ name, joined }: GroupFleet): boolean => joined >= spec.group(name).size;
  const isShort = ({ shortage, hopeless, joined, size }: GroupFleet): boolean =>
    hopeless !== undefined || ((shortage?.attempts ?? 0) >= ENOUGH_REFUSALS && joined === size);
  const isReady = (group: GroupFleet): boolean => isWhole(group) || (hasQuorum(group) && isShort(group));
  const isWholeBeside = (): boolean => fleet.beside?.isWhole ?? true;
  try {
    await running.settle(`${awaitedInWords(running)} to join`, deadline, {
      enough: () => isWholeBeside() && fleet.groups.every(isReady),
      canDoWithout: hasQuorum,
      hopeless: () => fleet.beside?.hopeless,
    });
  } catch (error) {
    deadline.signal?.throwIfAborted();
    if (!isWholeBeside() || !fleet.groups.every(hasQuorum)) throw error;
  }
  for (const group of fleet.groups.filter((each) => !isWhole(each))) {
    const { size, quorum } = spec.group(group.name);
    const workers = group.isNamed
      ? `${group.name} workers have joined (its quorum is ${quorum})`
      : `workers have joined (minWorkers is ${quorum})`;
    // A shortage is among the fleet's troubles.
    const why = group.shortage === undefined && group.hopeless !== undefined ? ` ${messageOf(group.hopeless)}` : "";
    emit({ type: "warning", message: `Only ${group.joined} of ${size} ${workers}: ${fleet.describe()}.${why}` });
  }
}

function awaitedInWords({ fleet, spec }: RunningCluster): string {
  const sizes = sizesInWords(startSizes(spec.groups));
  if (fleet.beside === undefined) return sizes;
  const beside = "the workers on the scheduler's machine";
  return fleet.target === 0 ? beside : `${beside} and ${sizes}`;
}

/** A failed comparison does not fail the start. */
async function warnOfVersions(running: RunningCluster, deadline: Deadline, emit: LaunchInput["emit"]): Promise<void> {
  const { signal, remainingMs } = deadline;
  try {
    const timeoutMs = Math.max(VERSIONS_TIMEOUT_MS, remainingMs);
    await running.versions.compare({ signal, timeoutMs });
  } catch (error) {
    signal?.throwIfAborted();
    emit({ type: "warning", message: `Could not compare the versions: ${messageOf(error)}` });
  }
}

function warnOfPlainText(spec: ClusterSpec, running: RunningCluster, emit: LaunchInput["emit"]): void {
  if (spec.security !== undefined || isPrivateAddress(running.schedulerHost)) return;
  const message =
    `The scheduler's address ${running.schedulerHost} is public and \`security\` is false: ` +
    "all traffic, results included, is unencrypted, and anyone who reaches the port can run code.";
  emit({ type: "warning", message });
}

/**
 * Runs several pieces of work at the same time, under one deadline. The first failure aborts the others and waits for them, so that
 * none goes on in the background.
 *
 * @throws the first failure
 */
export async function sideBySide(
  deadline: Deadline,
  works: readonly ((deadline: Deadline) => Promise<unknown>)[],
): Promise<void> {
  const failed = new AbortController();
  const shared = deadline.orAt(failed.signal);
  let first: { readonly error: unknown } | undefined;
  await Promise.all(
    works.map(async (work) => {
      try {
        await work(shared);
      } catch (error) {
        first ??= { error };
        failed.abort(error);
      }
    }),
  );
  if (first !== undefined) throw first.error;
}
