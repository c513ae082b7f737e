import { type Deadline } from "../deadline.ts";
import { sleep, within } from "../wait.ts";
import type { CreationLedger } from "./creation-ledger.ts";
import type { Machine, Resource } from "./machine.ts";
import type { ProviderVerbs } from "./provider-verbs.ts";
import type { RunningCluster } from "./running-cluster.ts";
import { removeStateDirectory } from "./state-directory.ts";
import { TeardownIncompleteError } from "./teardown-error.ts";

interface TearDownInput {
  readonly clusterName: string;
  readonly verbs: ProviderVerbs;
  readonly ledger: CreationLedger;
}

const CREATION_GRACE_MS = 10_000;

/** Ends a cluster, from those who look after it to its last file. */
export async function takeDown(
  { running, ...input }: TearDownInput & { readonly running: RunningCluster | undefined },
  deadline: Deadline,
): Promise<void> {
  await running?.rest();
  await input.ledger.settle(Math.min(CREATION_GRACE_MS, deadline.remainingMs / 2));
  await running?.disconnect({ terminate: true });
  await removeEverything(input, deadline);
  await removeStateDirectory(input.clusterName);
}

/**
 * Destroys every machine of the cluster, again and again until the provider lists none, then releases the network.
 *
 * @throws TeardownIncompleteError that lists what is left when time is up or the last step fails.
 */
async function removeEverything(input: TearDownInput, deadline: Deadline): Promise<void> {
  const { verbs, clusterName, ledger } = input;
  const { pollIntervalMs, listLagMs } = verbs.capabilities;
  let troubles: unknown[] = [];
  let pending: readonly Machine[] = ledger.made;
  for (let round = 0; ; round += 1) {
    troubles = [];
    try {
      // What was made goes even if it is not listed yet, or if the list cannot be had.
      pending = ledger.made;
      let listed: readonly Machine[] | undefined;
      try {
        listed = await within("the list of machines", deadline, (signal) => verbs.listMachines(signal));
        pending = union(ledger.made, listed);
      } catch (error) {
        troubles.push(error);
      }
      const doomed = pending;
      if (doomed.length > 0) {
        await within("machines to be destroyed", deadline, (signal) => verbs.destroyMachines(doomed, signal));
      } else if (listed !== undefined && ledger.sinceLastLostMs >= listLagMs) {
        break;
      }
    } catch (error) {
      troubles.push(error);
    }
    if (deadline.expired) throw new TeardownIncompleteError(clusterName, asResources(pending), troubles);
    await sleep(Math.min(round === 0 ? 0 : pollIntervalMs, deadline.remainingMs));
  }
  try {
    await within("the network to be released", deadline, (signal) => verbs.releaseNetwork(signal));
  } catch (error) {
    troubles.push(error);
  }
  const left = await within("the list of what is left", deadline, (signal) => verbs.listResources(signal)).catch(
    (error: unknown) => {
      troubles.push(error);
      return [];
    },
  );
  if (left.length > 0 || troubles.length > 0) throw new TeardownIncompleteError(clusterName, left, troubles);
}

function union(a: readonly Machine[], b: readonly Machine[]): Machine[] {
  return [...new Map([...a, ...b].map((machine) => [machine.id, machine])).values()];
}

export function asResources(machines: readonly Machine[]): Resource[] {
  return machines.map(({ id }) => ({ kind: "machine", id }));
}
