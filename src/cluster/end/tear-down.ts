import { chunksOf, mapLimited } from "../../cloud/api/in-batches.ts";
import { throwRejected } from "../../cloud/errors/cloud-error.ts";
import { Deadline, seconds } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import type { ProgressEvent } from "../../progress.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { ClusterIdentity } from "../../provider/identity.ts";
import type { Machine, Resource } from "../../provider/machine.ts";
import { sleep, within } from "../../wait.ts";
import { removeOwnState } from "../record.ts";
import type { RunningCluster } from "../running-cluster.ts";
import type { CreationLedger } from "./creation-ledger.ts";
import type { Inventory } from "./inventory.ts";
import { Refusals } from "./refusals.ts";
import { TeardownIncompleteError, bulleted } from "./teardown-error.ts";

interface TearDownInput {
  readonly clusterName: string;
  /** The cluster to remove. */
  readonly identity: ClusterIdentity;
  /** The provider's class, for the message about leftovers. */
  readonly className: string;
  readonly providerName: string;
  readonly verbs: ClusterProvider;
  readonly ledger: CreationLedger;
  readonly inventory: Inventory;
  readonly emit: (event: ProgressEvent) => void;
}

/** A tear-down under way. */
interface TearDown extends TearDownInput {
  readonly refusals: Refusals;
  readonly deadline: Deadline;
}

/** The leftovers after a round; undefined when unknown. */
type Left = readonly Resource[] | undefined;

/** The result of a round. */
interface Round {
  readonly seen: Left;
  /** Whether more may still appear in the provider's list. */
  readonly unsure: boolean;
  readonly done: boolean;
}

const CREATION_GRACE_MS = 10_000;
const LAST_LOOK_MS = 3000;
/** The most calls into which a refused deletion is split. */
const MOST_PARTS = 16;
const CALLS_AT_ONCE = 4;
const UNSURE = "Machines created or deleted a moment ago may exist although the provider does not list them yet.";
const UNFINISHED = "The deletion was accepted but has not finished.";

/**
 * Removes a cluster, down to its last file. What costs most goes first: known machines are deleted at once, while monitoring and
 * commands end.
 *
 * @param endUse ends this process's commands and connections, by that deadline
 */
export async function takeDown(
  {
    running,
    endUse,
    ...input
  }: TearDownInput & {
    readonly running: RunningCluster | undefined;
    readonly endUse: (deadline: Deadline) => Promise<void>;
  },
  deadline: Deadline,
): Promise<void> {
  const tearDown = { ...input, refusals: new Refusals(), deadline };
  const rested = running?.rest();
  const goodbye = running?.disconnect({ terminate: true });
  const goodbyes = Promise.allSettled([goodbye, endUse(deadline)]);
  // Machines that end with this process cost nothing: Dask ends first, and commands end meanwhile.
  if (input.verbs.capabilities.endsWithProcess === true) await goodbye;
  try {
    await Promise.all([rested, destroyKnown(tearDown)]);
    await input.ledger.settle(Math.min(CREATION_GRACE_MS, deadline.remainingMs / 2));
    await removeEverything(tearDown);
  } finally {
    await goodbyes;
  }
  // Local leftovers cost nothing: a warning reports them, and machines are removed all the same.
  await removeOwnState(input.identity).catch((error: unknown) =>
    input.emit({ type: "warning", message: messageOf(error) }),
  );
}

/** Deletes known machines without listing first. Failures do not matter: {@link removeEverything} lists and retries. */
async function destroyKnown({ verbs, inventory, refusals, deadline }: TearDown): Promise<void> {
  const { machines } = inventory;
  if (machines.length === 0) return;
  await refusals.attempt("destroy machines", () =>
    within("the deletion of machines", deadline, (signal) => verbs.destroy(machines, signal)),
  );
}

/**
 * Destroys every machine of the cluster, then releases its network, and repeats until the provider lists nothing. No refusal of the
 * cloud ends it early: a later try may succeed.
 *
 * @throws TeardownIncompleteError when time is up; it lists the leftovers
 */
async function removeEverything(tearDown: TearDown): Promise<void> {
  const { verbs, refusals, deadline } = tearDown;
  const { pollIntervalMs } = verbs.capabilities;
  let left: Left;
  let told = false;
  for (let round = 0; ; round += 1) {
    const machines = await removeMachines(tearDown);
    const { seen, unsure, done } = machines ?? (await removeRest(tearDown));
    if (done) return;
    // When the last list times out, the one before counts, without the machines that are gone.
    left = seen ?? (machines === undefined ? undefined : left);
    if (deadline.expired) {
      // Not only what stood in the way, but all that is there.
      const all = machines === undefined && seen !== undefined ? seen : await lastLook(tearDown);
      throw incomplete(tearDown, all ?? left, unsure);
    }
    const pauseMs = refusals.endRound(round === 0 && refusals.reasons.length === 0 ? 0 : pollIntervalMs);
    if (refusals.isLasting && !told) warn(tearDown);
    told ||= refusals.isLasting;
    // So that one more try comes shortly before the end.
    await sleep(Math.min(pauseMs, Math.max(pollIntervalMs, deadline.remainingMs / 2), deadline.remainingMs));
  }
}

/** Undefined when no machine exists and none can appear in the list any more. */
async function removeMachines({ verbs, ledger, refusals, deadline }: TearDown): Promise<Round | undefined> {
  const { listLagMs } = verbs.capabilities;
  const maybeUnlisted = ledger.sinceLastLostMs < listLagMs;
  const askedAt = performance.now();
  const listed = await refusals.attempt("list machines", () =>
    within("the list of machines", deadline, (signal) => verbs.list(signal)),
  );
  if (listed !== undefined) ledger.observe(listed.result, askedAt, listLagMs);
  // Created machines go even if they are not listed yet, or the list fails.
  const pending = union(ledger.made, listed?.result ?? []);
  const doomed = pending.filter(({ state }) => state !== "ending");
  const parts = Math.min(MOST_PARTS, 2 ** refusals.triesOf("destroy machines"));
  await refusals.attempt("destroy machines", () =>
    within("the deletion of machines", deadline, (signal) => destroy(verbs, doomed, { parts, signal })),
  );
  if (pending.length > 0) return { seen: asResources(pending), unsure: false, done: false };
  if (listed === undefined) return { seen: undefined, unsure: true, done: false };
  return maybeUnlisted ? { seen: [], unsure: true, done: false } : undefined;
}

/** Splits a refused deletion into several calls: one undeletable machine does not keep the others. */
async function destroy(
  verbs: ClusterProvider,
  machines: readonly Machine[],
  { parts, signal }: { readonly parts: number; readonly signal: AbortSignal },
): Promise<void> {
  const calls = chunksOf(machines, Math.ceil(machines.length / parts));
  throwRejected(await mapLimited(calls, CALLS_AT_ONCE, (part) => verbs.destroy(part, signal)));
}

async function removeRest({ verbs, refusals, deadline }: TearDown): Promise<Round> {
  const released = await refusals.attempt("release network", () =>
    within("the release of the network", deadline, (signal) => verbs.release(signal)),
  );
  const listed = await refusals.attempt("list resources", () =>
    within("the list of what is left", deadline, (signal) => verbs.resources(signal)),
  );
  return { seen: listed?.result, unsure: false, done: released !== undefined && listed?.result.length === 0 };
}

/** Listed resources, and created ones that no list shows. It has a little time of its own after the deadline. */
async function lastLook({ verbs, ledger }: TearDown): Promise<Left> {
  const deadline = new Deadline(LAST_LOOK_MS);
  try {
    const askedAt = performance.now();
    const listed = await within("the list of what is left", deadline, (signal) => verbs.resources(signal));
    // A deletion may have been accepted although not all of its call's came to an end.
    ledger.observe(listed, askedAt, verbs.capabilities.listLagMs);
    const ids = new Set(listed.map(({ id }) => id));
    return [...listed, ...asResources(ledger.made.filter(({ id }) => !ids.has(id)))];
  } catch {
    return undefined;
  }
}

function incomplete(
  { clusterName, identity, className, providerName, inventory, refusals }: TearDown,
  left: Left,
  unsure: boolean,
): TeardownIncompleteError {
  const waitedFor = new DaskFleetError("TIMEOUT", unsure ? UNSURE : UNFINISHED);
  const reasons = refusals.reasons.length > 0 ? refusals.reasons : [waitedFor];
  return new TeardownIncompleteError({
    clusterName,
    clusterId: identity.ids[0],
    className,
    providerName,
    place: inventory.place,
    left,
    reasons,
  });
}

function warn({ clusterName, refusals, deadline, emit }: TearDown): void {
  const reasons = bulleted(refusals.reasons)
    .map((line) => `\n${line}`)
    .join("");
  const message = `${clusterName} is not removed yet. Retrying for up to ${seconds(Math.round(deadline.remainingMs))}:${reasons}`;
  emit({ type: "warning", message });
}

function union(a: readonly Machine[], b: readonly Machine[]): Machine[] {
  return [...new Map([...a, ...b].map((machine) => [machine.id, machine])).values()];
}

function asResources(machines: readonly Machine[]): Resource[] {
  return machines.map(({ id }) => ({ kind: "machine", id }));
}
