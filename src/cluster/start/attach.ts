import { isDeepStrictEqual } from "node:util";

import type { Deadline } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { isAlive } from "../../provider/machine.ts";
import { recordedOptions } from "../../provider/place.ts";
import type { ProviderDefinition } from "../../provider/provider-definition.ts";
import { timeOf } from "../../provider/tags.ts";
import { Security } from "../../security/security.ts";
import { within } from "../../wait.ts";
import { ClusterSpec } from "../cluster-spec.ts";
import { NO_ENDS } from "../ends.ts";
import { assertProvider, withAsked } from "../find/found-clusters.ts";
import { type ClusterRecord, readRecord, targetsOf } from "../record.ts";
import { RunningCluster } from "../running-cluster.ts";
import { loadSecurity } from "../secrets/load-security.ts";
import type { LaunchInput } from "./launch.ts";

/**
 * The record of a cluster, and the options of a handle on it: recorded ones, overridden by given ones.
 *
 * @throws DaskFleetError `CLUSTER_NOT_FOUND`, or `CONFIG_INVALID` when given options contradict the record
 */
export async function attachable<Options>(
  definition: ProviderDefinition<Options>,
  name: string,
  options: Options | undefined,
): Promise<{ readonly record: ClusterRecord; readonly asked: Options }> {
  const record = assertProvider(await readRecord(name), definition.name);
  const security = securityOf(record) ?? false;
  const known = { ...NO_ENDS, ...recordedOptions(record), name, security, closeOnExit: false };
  const asked = withAsked(known, options);
  if (options !== undefined) {
    const recorded = definition.resolve(withAsked<Options>(known, undefined));
    assertAsRecorded(name, recorded.options, definition.resolve(asked).options);
  }
  return { record, asked };
}

/** Options that may differ between handles on one cluster. */
const OF_EACH_HANDLE = new Set(["startTimeoutMs", "scaleTimeoutMs", "closeTimeoutMs", "apiRetries", "pollIntervalMs"]);

/**
 * @param asked the resolved options of the handle
 * @throws DaskFleetError `CONFIG_INVALID` when they differ from the cluster's: the leader has the recorded ones
 */
function assertAsRecorded(name: string, recorded: object, asked: object): void {
  const [was, is] = [new Map(Object.entries(recorded)), new Map(Object.entries(asked))];
  const differing = [...new Set([...was.keys(), ...is.keys()])].filter(
    (option) => !OF_EACH_HANDLE.has(option) && !isDeepStrictEqual(was.get(option), is.get(option)),
  );
  if (differing.length === 0) return;
  const list = differing.map((option) => `\`${option}\``).join(", ");
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `The cluster "${name}" was started with other options: ${list}. Omit them: they cannot change while it runs.`,
  );
}

function securityOf({ security }: ClusterRecord): Security | undefined {
  return security === undefined ? undefined : Security.fromRecord(security);
}

/** The spec of a recorded cluster. */
export function recordedSpec(
  record: ClusterRecord,
  { providerName, options, verbs }: Pick<LaunchInput, "providerName" | "options" | "verbs">,
): ClusterSpec {
  return new ClusterSpec({
    clusterName: record.name,
    clusterId: record.id,
    providerName,
    options,
    groups: record.groups,
    security: securityOf(record),
    ports: record.ports,
    expiresAt: record.expiresAt === undefined ? undefined : new Date(record.expiresAt),
    capabilities: verbs.capabilities,
    extras: (role, question) => verbs.nodeExtras(role, question),
  });
}

/** Finds the machines of a recorded cluster and connects to its scheduler. Creates and destroys nothing. */
export async function attachTo(
  record: ClusterRecord,
  {
    providerName,
    options,
    verbs,
    ledger,
    lead,
    emit,
  }: Omit<LaunchInput, "clusterName" | "clusterId" | "timeline" | "onProgress">,
  deadline: Deadline,
): Promise<RunningCluster> {
  const spec = recordedSpec(record, { providerName, options, verbs });
  await within("the client's certificate", deadline, async (signal) => await loadSecurity(spec.security, signal));
  spec.assertInDate();
  const machines = await within("the list of machines", deadline, (signal) => verbs.list(signal));
  const schedulerMachine = machines.find((machine) => machine.role === "scheduler" && isAlive(machine));
  if (schedulerMachine === undefined) throw schedulerGone(record.name);
  const running = new RunningCluster({
    spec,
    verbs,
    ledger,
    lead,
    schedulerMachine,
    since: timeOf(record.createdAt),
    emit,
  });
  try {
    await running.locate(deadline);
    await running.connect(deadline);
  } catch (error) {
    // It ended after the list was taken.
    if (error instanceof DaskFleetError && error.code === "START_FAILED") throw schedulerGone(record.name, error);
    throw error;
  }
  try {
    running.fleet.setTarget(await targetsOf(record));
    await within("the workers to reconcile", deadline, () => running.fleet.reconcile());
    return running;
  } catch (error) {
    await running.leave();
    throw error;
  }
}

function schedulerGone(clusterName: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("CLUSTER_NOT_FOUND", `The scheduler of the cluster "${clusterName}" is gone.`, { cause });
}
