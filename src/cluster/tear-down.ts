import { Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import { sleep, within } from "../wait.ts";
import type { CreationLedger } from "./creation-ledger.ts";
import { isFinal } from "./final-error.ts";
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

/** What one round of removing has come to. */
interface Round {
  /** Undefined where it could not be found out. */
  readonly left: readonly Resource[] | undefined;
  readonly troubles: readonly unknown[];
}

const CREATION_GRACE_MS = 10_000;
const LAST_LOOK_MS = 3000;
const UNSURE =
  "A call that was to make machines has failed or was given up a moment ago: what it may have made is not in the provider's list yet.";

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
 * Destroys every machine of the cluster and then releases its network, again and again until the provider lists nothing.
 *
 * @throws TeardownIncompleteError that lists what is left, when time is up or no further try can help.
 */
async function removeEverything(input: TearDownInput, deadline: Deadline): Promise<void> {
  const { verbs, clusterName } = input;
  let left: readonly Resource[] | undefined;
  let reasons: readonly unknown[] = [];
  for (let round = 0; ; round += 1) {
    const machines = await removeMachines(input, deadline);
    const { left: seen, troubles } = machines ?? (await removeRest(verbs, deadline));
    if (machines === undefined && seen?.length === 0 && troubles.length === 0) return;
    // A look that came too late for an answer does not make forgotten what was seen before, except machines that are gone.
    left = seen ?? (machines === undefined ? undefined : left);
    // That time was up says less than what went wrong before.
    const causes = troubles.filter((trouble) => !isTimeout(trouble));
    if (causes.length > 0) reasons = causes;
    const hopeless = troubles.length > 0 && troubles.every(isFinal);
    if (deadline.expired || hopeless) {
      // Not only what stood in the way, but all that is there.
      const all = machines === undefined && seen !== undefined ? seen : await lastLook(input);
      throw new TeardownIncompleteError(clusterName, all ?? left, reasons.length > 0 ? reasons : troubles);
    }
    await sleep(Math.min(round === 0 ? 0 : verbs.capabilities.pollIntervalMs, deadline.remainingMs));
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "TIMEOUT";
}

/** Undefined when there is no machine any more, and none can come into the list any more. */
async function removeMachines({ verbs, ledger }: TearDownInput, deadline: Deadline): Promise<Round | undefined> {
  const troubles: unknown[] = [];
  // What was made goes even if it is not listed yet, or if the list cannot be had.
  let pending = ledger.made;
  const { listLagMs } = verbs.capabilities;
  let unsure = ledger.sinceLastLostMs < listLagMs;
  try {
    const askedAt = performance.now();
    const listed = await within("the list of machines", deadline, (signal) => verbs.listMachines(signal));
    ledger.observe(listed, askedAt, listLagMs);
    pending = union(ledger.made, listed);
  } catch (error) {
    troubles.push(error);
    unsure = true;
  }
  const doomed = pending.filter(({ state }) => state !== "ending");
  if (doomed.length > 0) {
    await within("machines to be destroyed", deadline, (signal) => verbs.destroyMachines(doomed, signal)).catch(
      (error: unknown) => troubles.push(error),
    );
  }
  if (pending.length === 0 && !unsure) return undefined;
  if (pending.length === 0 && troubles.length === 0 && deadline.expired)
    troubles.push(new DaskFleetError("TIMEOUT", UNSURE));
  return { left: pending.length === 0 && troubles.length > 0 ? undefined : asResources(pending), troubles };
}

/** What is there, and what was made although no list shows it. It has a little time of its own, after all else was used up. */
async function lastLook({ verbs, ledger }: TearDownInput): Promise<readonly Resource[] | undefined> {
  const deadline = new Deadline(LAST_LOOK_MS);
  try {
    const askedAt = performance.now();
    const listed = await within("the list of what is left", deadline, (signal) => verbs.listResources(signal));
    // A deletion may have been accepted although not all of its call's came to an end.
    ledger.observe(listed, askedAt, verbs.capabilities.listLagMs);
    const ids = new Set(listed.map(({ id }) => id));
    return [...listed, ...asResources(ledger.made.filter(({ id }) => !ids.has(id)))];
  } catch {
    return undefined;
  }
}

async function removeRest(verbs: ProviderVerbs, deadline: Deadline): Promise<Round> {
  const troubles: unknown[] = [];
  await within("the network to be released", deadline, (signal) => verbs.releaseNetwork(signal)).catch(
    (error: unknown) => troubles.push(error),
  );
  const left = await within("the list of what is left", deadline, (signal) => verbs.listResources(signal)).catch(
    (error: unknown) => {
      troubles.push(error);
      return undefined;
    },
  );
  return { left, troubles };
}

function union(a: readonly Machine[], b: readonly Machine[]): Machine[] {
  return [...new Map([...a, ...b].map((machine) => [machine.id, machine])).values()];
}

export function asResources(machines: readonly Machine[]): Resource[] {
  return machines.map(({ id }) => ({ kind: "machine", id }));
}
