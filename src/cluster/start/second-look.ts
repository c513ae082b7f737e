import type { Deadline } from "../../deadline.ts";
import { meaningOf, messageOf } from "../../errors.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { TaggedResource } from "../../provider/machine.ts";
import { nameTaken } from "../../provider/name-taken.ts";
import { poll, sleep, within } from "../../wait.ts";

interface Launched {
  readonly name: string;
  readonly id: string;
  readonly verbs: Pick<ClusterProvider, "find" | "capabilities">;
  /** When the create call of the scheduler's machine returned, by `performance.now()`. */
  readonly madeAt: number;
}

/** Some clouds give creation times in whole seconds: equal times may differ by this much. */
const STAMP_MS = 1000;

/**
 * Decides between clusters of one name that were started at the same moment: the oldest scheduler's machine wins, by the cloud's clock;
 * of equal ages, the smaller id.
 *
 * It checks when lists must show everything as old as its own machine. So the younger always sees the older, and both cannot win. The
 * oldest sees none older, and does not lose.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when another one wins; it names that one's id
 */
export async function settleName(launched: Launched, deadline: Deadline): Promise<void> {
  const { name, verbs, madeAt } = launched;
  const { listLagMs, pollIntervalMs } = verbs.capabilities;
  await sleep(Math.max(0, madeAt + listLagMs + STAMP_MS - performance.now()), deadline.signal);
  let trouble: unknown;
  const look = async (): Promise<readonly TaggedResource[] | undefined> => {
    try {
      const found = await within("the second check of the cluster's name", deadline, (signal) =>
        verbs.find(name, signal),
      );
      return winnerOf(launched, found) === "unknown" ? undefined : found;
    } catch (error) {
      if (deadline.expired || !["transient", "throttled"].includes(meaningOf(error))) throw error;
      trouble = error;
      return undefined;
    }
  };
  const found = await poll(look, {
    what: "the provider's list to show the scheduler's machine: another cluster of that name was started at the same time",
    deadline,
    intervalMs: pollIntervalMs,
    lastSeen: () => (trouble === undefined ? "" : messageOf(trouble)),
  });
  const winner = winnerOf(launched, found);
  if (typeof winner === "string") return;
  throw nameTaken(name, [
    { id: winner.clusterId, things: found.filter(({ clusterId }) => clusterId === winner.clusterId) },
  ]);
}

/** The winner's machine, possibly its own; unknown while the list lacks its own machine. */
function winnerOf(
  { id }: Pick<Launched, "id">,
  found: readonly TaggedResource[],
): TaggedResource | "itself" | "unknown" {
  // One that is being deleted or rolled back does not compete.
  const schedulers = found.filter(({ role, stopped }) => role === "scheduler" && stopped !== undefined);
  const others = schedulers.filter(({ clusterId }) => clusterId !== id).toSorted(byAge);
  const [oldest] = others;
  if (oldest === undefined) return "itself";
  const own = schedulers.find(({ clusterId }) => clusterId === id);
  if (own === undefined) return "unknown";
  return byAge(own, oldest) < 0 ? "itself" : oldest;
}

function byAge(one: TaggedResource, other: TaggedResource): number {
  const [first, second] = [one.createdAt?.getTime(), other.createdAt?.getTime()];
  if (first !== undefined && second !== undefined && first !== second) return first - second;
  return (one.clusterId ?? "") < (other.clusterId ?? "") ? -1 : 1;
}
