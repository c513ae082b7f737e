import { type Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import { Security } from "../security/security.ts";
import { within } from "../wait.ts";
import { Blueprint } from "./blueprint.ts";
import { readIntendedSize } from "./intended-size.ts";
import type { LaunchInput } from "./launch.ts";
import { type ClusterRecord, launcherLives } from "./record.ts";
import { RunningCluster } from "./running-cluster.ts";

/** Finds the machines of a recorded cluster and connects to its scheduler. Makes and destroys nothing. */
export async function attachTo(
  record: ClusterRecord,
  { options, verbs, ledger, emit }: Pick<LaunchInput, "options" | "verbs" | "ledger" | "emit">,
  deadline: Deadline,
): Promise<RunningCluster> {
  const blueprint = new Blueprint({
    clusterName: record.name,
    providerName: verbs.providerName,
    options,
    security: record.security === undefined ? undefined : Security.fromRecord(record.security),
    ports: record.ports,
    expiresAt: record.expiresAt === undefined ? undefined : new Date(record.expiresAt),
    capabilities: verbs.capabilities,
    extras: (role) => verbs.nodeExtras(role),
  });
  const machines = await within("the list of machines", deadline, (signal) => verbs.listMachines(signal));
  const schedulerMachine = machines.find(({ role, state }) => role === "scheduler" && state !== "stopped");
  if (schedulerMachine === undefined) {
    throw new DaskFleetError("CLUSTER_NOT_FOUND", `The scheduler of the cluster "${record.name}" is gone.`);
  }
  const ledByAnother = (): Promise<boolean> => launcherLives(record.launcher);
  const running = new RunningCluster({ blueprint, verbs, ledger, schedulerMachine, emit, ledByAnother });
  await running.connect(deadline);
  running.fleet.setTarget((await readIntendedSize(record.name)) ?? options.nWorkers);
  await within("a look at the workers", deadline, () => running.fleet.reconcile());
  return running;
}
