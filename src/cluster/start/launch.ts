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
import { removeStateDirectory } from "../../state/state-directory.ts";
import { sleep, within } from "../../wait.ts";
import { ClusterSpec, LONGEST_HOST, securityFor } from "../cluster-spec.ts";
import type { CreationLedger } from "../end/creation-ledger.ts";
import { groupsOf, sizesInWords, startSizes } from "../groups.ts";
import type { Lead } from "../lead/lead.ts";
import type { ClusterRecord } from "../record.ts";
import { RunningCluster } from "../running-cluster.ts";
import { removeAbandoned } from "./abandoned.ts";
import { settleName } from "./second-look.ts";
import { sideBySide } from "./side-by-side.ts";
import { versionMismatch } from "./version-mismatch.ts";

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
  /** Called when something may exist from now on, and again as more is known: a tear-down needs it even if the launch fails. */
  readonly onProgress: (running: RunningCluster | undefined) => void;
}

const LISTEN_INTERVAL_MS = 1000;
/** At the least: with fewer workers than wanted, no time is left. */
const VERSIONS_TIMEOUT_MS = 2000;

/** A spec from options alone, with the ports that are usual. */
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
    security: securityFor(options, clusterName, expiresAt),
    ports: DEFAULT_NODE_PORTS,
    expiresAt,
    capabilities: verbs.capabilities,
    extras: (role, question) => verbs.nodeExtras(role, question),
  });
}

/**
 * From options to a cluster whose workers have joined. The scheduler's address is known as soon as its machine is made, so the
 * workers boot while the scheduler does, and wait for it: one boot, not two.
 */
export async function launch(
  input: LaunchInput,
  signal: AbortSignal,
): Promise<{ spec: ClusterSpec; running: RunningCluster }> {
  const { providerName, options, verbs, ledger, lead, timeline, emit, onProgress } = input;
  const deadline = new Deadline(options.startTimeoutMs, signal);
  const drawn = await timeline.measure("certificates", () => specifyCluster(input));
  measureUserData(drawn);

  await within("the remains of dead processes to be removed", deadline, (inner) =>
    removeAbandoned(providerName, verbs, inner),
  );
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
  const running = new RunningCluster({ spec, verbs, ledger, lead, schedulerMachine, emit });
  onProgress(running);
  await running.setTarget(startSizes(spec.groups), "scale");
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
      // Nobody gives a name that is made of random digits a second time.
      if (name !== undefined && id !== undefined) await settleName({ name, id, verbs, madeAt }, shared);
    },
  ]);
  if (running.fleet.target > 0) {
    await timeline.measure("workers joined", () => waitForFirstWorkers(running, deadline, emit));
    await warnOfVersions(running, deadline, emit);
  }
  return { spec, running };
}

/** Builds what each kind of machine will be told: options that no machine could obey fail here, before anything is made. */
function measureUserData(spec: ClusterSpec): void {
  spec.userData("scheduler", LONGEST_HOST);
  for (const { name: group } of spec.groups) spec.userData("worker", LONGEST_HOST, { group });
}

/** Names are to tell clusters apart. Of two that look at the same moment, {@link settleName} decides. */
async function refuseTakenName(name: string, verbs: ClusterProvider, deadline: Deadline): Promise<void> {
  let found: readonly TaggedResource[];
  try {
    found = await within("a look for a cluster of the same name", deadline, (signal) => verbs.find(name, signal));
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
 * A lack of machines or a quota ends the start at once: nothing costs money yet, and the caller may choose another place. What is
 * only in the way for a moment is tried again until the deadline.
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
    // A new token each time: a cloud answers a known one with what became of the first call.
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
 * What the workers' machines need while the scheduler boots: those that were refused are asked for again, and their consoles are
 * looked at. A refusal that time does not mend, or workers that give up, end the start now, and not after the scheduler's boot: as
 * far as the start needs a machine of their group.
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
    // What fails in passing is tried again, here or when the scheduler is up.
    await within("the workers' machines", deadline, () => fleet.reconcile()).catch(() => undefined);
    deadline.signal?.throwIfAborted();
  }
}

/** So many refusals in a row are enough to begin with fewer workers, where that is allowed. */
const ENOUGH_REFUSALS = 4;

/** All of them; or of each group at least its quorum, when time is up or the cloud has no more to give. */
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
  try {
    await running.settle(`${sizesInWords(startSizes(spec.groups))} to join`, deadline, {
      enough: () => fleet.groups.every(isReady),
      canDoWithout: hasQuorum,
    });
  } catch (error) {
    deadline.signal?.throwIfAborted();
    if (!fleet.groups.every(hasQuorum)) throw error;
  }
  for (const group of fleet.groups.filter((each) => !isWhole(each))) {
    const { size, quorum } = spec.group(group.name);
    const [workers, least] = group.isNamed ? [`${group.name} workers`, "its quorum"] : ["workers", "minWorkers"];
    const message = `Only ${group.joined} of ${size} ${workers} have joined (${least} is ${quorum}): ${fleet.describe()}.`;
    emit({ type: "warning", message });
  }
}

/** Different versions fail in obscure ways, so they are told at once; a cluster that works is not given up for the question. */
async function warnOfVersions(running: RunningCluster, deadline: Deadline, emit: LaunchInput["emit"]): Promise<void> {
  const { signal, remainingMs } = deadline;
  try {
    const timeoutMs = Math.max(VERSIONS_TIMEOUT_MS, remainingMs);
    const mismatch = versionMismatch(await running.client.versions({ signal, timeoutMs }));
    if (mismatch !== undefined) emit({ type: "warning", message: mismatch });
  } catch (error) {
    signal?.throwIfAborted();
    emit({ type: "warning", message: `The versions could not be compared: ${messageOf(error)}` });
  }
}

function warnOfPlainText(spec: ClusterSpec, running: RunningCluster, emit: LaunchInput["emit"]): void {
  if (spec.security !== undefined || isPrivateAddress(running.schedulerHost)) return;
  const message =
    `The scheduler's address ${running.schedulerHost} is public and \`security: false\` was asked for: ` +
    "everything, results included, travels in clear text, and anyone who reaches the port can run code.";
  emit({ type: "warning", message });
}
