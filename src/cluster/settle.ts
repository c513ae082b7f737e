import type { Bell } from "../bell.ts";
import { isUnreachable } from "../dask/dask-errors.ts";
import type { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { shortageError } from "../fleet/creation-retries.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { GroupFleet } from "../fleet/group-fleet.ts";
import { poll, within } from "../wait.ts";

/** What {@link settle} waits for. */
export interface Wait {
  readonly enough: () => boolean;
  /** The groups to wait for. Default: all */
  readonly groups?: readonly GroupFleet[] | undefined;
  /** Why something else makes the wait hopeless. */
  readonly hopeless?: (() => Error | undefined) | undefined;
  /** Whether the wait can succeed without more machines of a group, so that its failures do not end the wait. */
  readonly canDoWithout?: ((group: GroupFleet) => boolean) | undefined;
}

export interface SettleOptions extends Wait {
  readonly fleet: Fleet;
  /** Rings when workers join or leave. */
  readonly bell: Bell;
  /** Whether the agent tells that, so that the scheduler need not be asked. */
  readonly isTold: () => boolean;
  /** The error for a scheduler whose machine has stopped. */
  readonly schedulerEnded: (cause: unknown) => Promise<DaskFleetError>;
}

const INTERVAL_MS = 100;
/** Between two passes in which only time can change something. */
const LONGEST_INTERVAL_MS = 1000;

/**
 * Reconciles until `enough` returns true. Fails early when waiting is hopeless; the fleet keeps retrying. When machines are short at
 * the deadline, the error has the code of the shortage.
 */
export async function settle(what: string, deadline: Deadline, options: SettleOptions): Promise<void> {
  const { fleet, bell, isTold, enough, groups = fleet.groups, canDoWithout = () => false, schedulerEnded } = options;
  const others = options.hopeless ?? (() => undefined);
  const awaited = (): readonly GroupFleet[] => groups.filter((group) => !canDoWithout(group));
  using alarm = bell.alarm();
  let trouble: unknown;
  let passedAt = Number.NEGATIVE_INFINITY;
  /** Whether something has changed since the last pass. */
  let isOwed = false;
  const pass = async (): Promise<void> => {
    try {
      await within("the machines to reconcile", deadline, () => fleet.reconcile());
      trouble = undefined;
    } catch (error) {
      if (error instanceof DaskFleetError && error.code === "CLOSED") throw error;
      // Our own deadline says nothing about the machines.
      if (trouble === undefined || !deadline.expired) trouble = error;
      if (isUnreachable(error) && fleet.schedulerGone) throw await schedulerEnded(error);
    }
    passedAt = performance.now();
  };
  const hasJustPassed = (): boolean => performance.now() - passedAt < INTERVAL_MS;
  const step = async (): Promise<true | undefined> => {
    // Workers that join in quick succession do not each cost a pass.
    isOwed = hasJustPassed();
    if (!deadline.expired && !isOwed) await pass();
    if (enough()) return true;
    const [hopeless = others()] = awaited().flatMap((group) => group.hopeless ?? []);
    if (hopeless !== undefined) throw hopeless;
    return undefined;
  };
  const pause = async (ms: number): Promise<void> => {
    const nextTryMs = Math.min(...fleet.groups.flatMap(({ shortage, nextTryInMs }) => (shortage ? [nextTryInMs] : [])));
    const quiet = isTold() && !isOwed ? Math.max(INTERVAL_MS, Math.min(LONGEST_INTERVAL_MS, nextTryMs)) : INTERVAL_MS;
    await alarm.sleep(Math.min(ms, quiet), deadline.signal);
  };
  const lastSeen = async (): Promise<string> =>
    `${fleet.describe()}${trouble === undefined ? "" : `; ${messageOf(trouble)}`}${await fleet.whyWaiting(awaited())}`;
  try {
    await poll(step, { what, deadline, intervalMs: LONGEST_INTERVAL_MS, pause, lastSeen });
  } catch (error) {
    const [shortage] = awaited().flatMap((group) => group.shortage ?? []);
    if (shortage === undefined || !(error instanceof DaskFleetError && error.code === "TIMEOUT")) throw error;
    throw shortageError(error, shortage.error);
  }
}
