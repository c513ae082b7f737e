import { type Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import { Security } from "../security/security.ts";
import { readIntendedSize } from "../state/intended-size.ts";
import { within } from "../wait.ts";
import { Blueprint } from "./blueprint.ts";
import { assertProvider } from "./found-clusters.ts";
import type { LaunchInput } from "./launch.ts";
import { isAlive } from "./machine.ts";
import { recordedOptions } from "./place.ts";
import { type ClusterRecord, readRecord } from "./record.ts";
import { RunningCluster } from "./running-cluster.ts";

/**
 * The record of a cluster of that provider, and the options of a handle on it.
 *
 * @throws DaskFleetError `CLUSTER_NOT_FOUND`
 */
export async function recordToAttach(
  provider: string,
  name: string,
): Promise<{ readonly record: ClusterRecord; readonly options: object }> {
  const record = assertProvider(await readRecord(name), provider);
  const security = securityOf(record) ?? false;
  return { record, options: { ...recordedOptions(record), name, security, closeOnExit: false } };
}

function securityOf({ security }: ClusterRecord): Security | undefined {
  return security === undefined ? undefined : Security.fromRecord(security);
}

/** Finds the machines of a recorded cluster and connects to its scheduler. Makes and destroys nothing. */
export async function attachTo(
  record: ClusterRecord,
  { options, verbs, ledger, lead, emit }: Pick<LaunchInput, "options" | "verbs" | "ledger" | "lead" | "emit">,
  deadline: Deadline,
): Promise<RunningCluster> {
  const blueprint = new Blueprint({
    clusterName: record.name,
    clusterId: record.id,
    providerName: verbs.providerName,
    options,
    security: securityOf(record),
    ports: record.ports,
    expiresAt: record.expiresAt === undefined ? undefined : new Date(record.expiresAt),
    capabilities: verbs.capabilities,
    extras: (role, workers) => verbs.nodeExtras(role, workers),
  });
  blueprint.assertInDate();
  const machines = await within("the list of machines", deadline, (signal) => verbs.listMachines(signal));
  const schedulerMachine = machines.find((machine) => machine.role === "scheduler" && isAlive(machine));
  if (schedulerMachine === undefined) throw schedulerGone(record.name);
  const running = new RunningCluster({ blueprint, verbs, ledger, lead, schedulerMachine, emit });
  try {
    await running.locate(deadline);
    await running.connect(deadline);
  } catch (error) {
    // It was on its last legs when the machines were listed.
    if (error instanceof DaskFleetError && error.code === "START_FAILED") throw schedulerGone(record.name, error);
    throw error;
  }
  running.expiry.look();
  try {
    running.fleet.setTarget((await readIntendedSize(record.name)) ?? options.nWorkers);
    await within("a look at the workers", deadline, () => running.fleet.reconcile());
    return running;
  } catch (error) {
    await running.leave();
    throw error;
  }
}

function schedulerGone(clusterName: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("CLUSTER_NOT_FOUND", `The scheduler of the cluster "${clusterName}" is gone.`, { cause });
}
