import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { DEFAULT_NODE_PORTS } from "../machine/node-spec.ts";
import { within } from "../wait.ts";
import { Blueprint, LONGEST_HOST, securityFor } from "./blueprint.ts";
import type { CreationLedger } from "./creation-ledger.ts";
import type { Machine, Resource } from "./machine.ts";
import type { ResolvedClusterOptions } from "./options.ts";
import { isPrivateAddress } from "./private-address.ts";
import type { ProgressEvent, Timeline } from "./progress.ts";
import type { ProviderVerbs } from "./provider-verbs.ts";
import { currentLauncher, writeRecord } from "./record.ts";
import { RunningCluster } from "./running-cluster.ts";
import { removeStateDirectory } from "./state-directory.ts";
import { versionMismatch } from "./version-mismatch.ts";

export interface LaunchInput {
  readonly clusterName: string;
  readonly options: ResolvedClusterOptions;
  readonly verbs: ProviderVerbs;
  readonly ledger: CreationLedger;
  readonly timeline: Timeline;
  readonly emit: (event: ProgressEvent) => void;
  /** Called when something may exist from now on, and again as more is known: a tear-down needs it even if the launch fails. */
  readonly onProgress: (running: RunningCluster | undefined) => void;
}

/** At the least: with fewer workers than wanted, no time is left. */
const VERSIONS_TIMEOUT_MS = 2000;

/** A blueprint from options alone, with the ports that are usual. */
export function drawBlueprint({
  clusterName,
  options,
  verbs,
}: Pick<LaunchInput, "clusterName" | "options" | "verbs">): Blueprint {
  const { maxLifetimeMs } = options;
  const expiresAt = maxLifetimeMs === undefined ? undefined : new Date(Date.now() + maxLifetimeMs);
  return new Blueprint({
    clusterName,
    providerName: verbs.providerName,
    options,
    security: securityFor(options, clusterName, expiresAt),
    ports: DEFAULT_NODE_PORTS,
    expiresAt,
    capabilities: verbs.capabilities,
    extras: (role) => verbs.nodeExtras(role),
  });
}

/**
 * From options to a cluster whose workers have joined. The scheduler's address is known as soon as its machine is made, so the
 * workers boot while the scheduler does, and wait for it: one boot, not two.
 */
export async function launch(
  input: LaunchInput,
  signal: AbortSignal,
): Promise<{ blueprint: Blueprint; running: RunningCluster }> {
  const { options, verbs, ledger, timeline, emit, onProgress } = input;
  const { nWorkers } = options;
  const deadline = new Deadline(options.startTimeoutMs, signal);
  const drawn = await timeline.measure("certificates", () => drawBlueprint(input));
  measureUserData(drawn);

  await within("the remains of dead processes to be removed", deadline, (inner) => verbs.removeAbandoned(inner));
  await record(drawn, verbs, { isNew: true });
  if (options.name !== undefined) await refuseTakenName(options.name, verbs, deadline);
  onProgress(undefined);
  const { ports } = await timeline.measure("prepare", () =>
    within("the cluster's network and image", deadline, (inner) => verbs.prepare(drawn.prepareRequest(), inner)),
  );
  const blueprint = ports === undefined ? drawn : drawn.withPorts(ports);
  await timeline.measure("user data", () => measureUserData(blueprint));
  await record(blueprint, verbs, { isNew: false });

  const schedulerMachine = await timeline.measure("scheduler machine", () =>
    createScheduler(input, blueprint, deadline),
  );
  const running = new RunningCluster({ blueprint, verbs, ledger, schedulerMachine, emit });
  onProgress(running);
  await running.setTarget(nWorkers, "scale");
  await Promise.all([
    timeline.measure("worker machines", () =>
      within("the workers' machines", deadline, () => running.fleet.reconcile()),
    ),
    timeline.measure("scheduler up", async () => {
      await running.locate(deadline);
      warnOfPlainText(blueprint, running, emit);
      await running.connect(deadline);
    }),
  ]);
  if (nWorkers > 0) {
    await timeline.measure("workers joined", () => waitForFirstWorkers(running, options, deadline, emit));
    await warnOfVersions(running, deadline, emit);
  }
  return { blueprint, running };
}

/** Builds what both roles will be told: options that no machine could obey fail here, before anything is made. */
function measureUserData(blueprint: Blueprint): void {
  blueprint.userData("scheduler", LONGEST_HOST);
  blueprint.userData("worker", LONGEST_HOST);
}

/** Another cluster of the same name would be taken down together with this one. Until that is known, nothing is taken down. */
async function refuseTakenName(name: string, verbs: ProviderVerbs, deadline: Deadline): Promise<void> {
  let found: readonly Resource[];
  try {
    found = await within("a look for a cluster of the same name", deadline, (signal) => verbs.findTagged(name, signal));
  } catch (error) {
    await removeStateDirectory(name);
    throw error;
  }
  if (found.length === 0) return;
  await removeStateDirectory(name);
  const what = found.slice(0, 3).map(({ kind, id }) => `${kind} ${id}`);
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `There is a cluster named "${name}" already (${what.join(", ")}${found.length > 3 ? ", …" : ""}): remove it, or choose another name.`,
  );
}

async function record(
  blueprint: Blueprint,
  verbs: ProviderVerbs,
  { isNew }: { readonly isNew: boolean },
): Promise<void> {
  await writeRecord(
    {
      version: 1,
      createdAt: new Date().toISOString(),
      launcher: await currentLauncher(),
      ...blueprint.record(),
      providerState: verbs.recordState(),
    },
    { isNew },
  );
}

async function createScheduler(
  { verbs, ledger }: LaunchInput,
  blueprint: Blueprint,
  deadline: Deadline,
): Promise<Machine> {
  const request = blueprint.request("scheduler", 1, LONGEST_HOST);
  const { machines, shortfall } = await within("the scheduler's machine", deadline, (signal) =>
    ledger.track(() => verbs.createMachines(request, signal)),
  );
  const [machine] = machines;
  if (machine !== undefined) return machine;
  throw shortfall ?? new DaskFleetError("MACHINE_CREATE_FAILED", "The provider made no machine for the scheduler.");
}

/** All of them, or after time is up or the fleet has given up at least `minWorkers`. */
async function waitForFirstWorkers(
  running: RunningCluster,
  { nWorkers, minWorkers = nWorkers }: ResolvedClusterOptions,
  deadline: Deadline,
  emit: LaunchInput["emit"],
): Promise<void> {
  const { fleet } = running;
  try {
    await running.settle(`${nWorkers} workers to join`, deadline, () => fleet.joined >= nWorkers);
  } catch (error) {
    deadline.signal?.throwIfAborted();
    if (fleet.joined < minWorkers) throw error;
    const message = `Only ${fleet.joined} of ${nWorkers} workers have joined (minWorkers is ${minWorkers}): ${fleet.describe()}.`;
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

function warnOfPlainText(blueprint: Blueprint, running: RunningCluster, emit: LaunchInput["emit"]): void {
  if (blueprint.security !== undefined || isPrivateAddress(running.schedulerHost)) return;
  const message =
    `The scheduler's address ${running.schedulerHost} is public and \`security: false\` was asked for: ` +
    "everything, results included, travels in clear text, and whoever reaches the port can run code.";
  emit({ type: "warning", message });
}
