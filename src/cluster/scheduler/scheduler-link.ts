import { type ConnectOptions, SchedulerClient } from "../../dask/scheduler-client.ts";
import { Deadline } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import type { Consoles } from "../../fleet/consoles/consoles.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import { isAlive, type Machine } from "../../provider/machine.ts";
import { linesIn } from "../../text/text.ts";
import { poll, sleep, within } from "../../wait.ts";

export interface SchedulerTarget {
  readonly address: string;
  readonly tls: ConnectOptions["tls"];
  readonly machine: Machine;
  /** Gives the scheduler its certificate, if that is to be done before it answers. One attempt. */
  readonly join?: ((deadline: Deadline) => Promise<void>) | undefined;
  readonly provider: Pick<ClusterProvider, "list">;
  readonly pollIntervalMs: number;
  readonly consoles: Consoles;
  /** Called with each list of machines on the way. It may lack those that run. */
  readonly onListed?: ((machines: readonly Machine[]) => void) | undefined;
  /** Called when the machine runs by the lists, if it did not before. */
  readonly onBooted?: (() => void) | undefined;
}

const ATTEMPT_TIMEOUT_MS = 5000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** Between two attempts passes a hundredth of the wait so far: a boot of a minute costs half as many, and half a hundredth of its time. */
const PATIENCE = 100;
/** Timers may be early by this much. */
const TIMER_SLACK_MS = 2;

/**
 * Dials the scheduler until it answers. Gives up early when its machine stops or prints its gave-up marker, or when another server
 * answers. Failures show the machine's console output (last lines).
 */
export async function connectToScheduler(target: SchedulerTarget, deadline: Deadline): Promise<SchedulerClient> {
  const { address, tls, machine, join, provider, pollIntervalMs, consoles, onListed, onBooted } = target;
  const { signal } = deadline;
  const beganAt = performance.now();
  let lastError: unknown;
  let state = machine.state;
  let lookedAt = beganAt;
  let [isBooted, wasSeen] = [state === "running", false];
  const failed = (what: string, log: string): DaskFleetError =>
    new DaskFleetError("START_FAILED", [`The scheduler's machine ${machine.id} ${what}.`, ...linesIn(log)], {
      cause: lastError,
    });

  const pauseMs = (): number => Math.max(SHORTEST_PAUSE_MS, (performance.now() - beganAt) / PATIENCE);

  return await poll(
    async () => {
      const attempt = new Deadline(Math.min(ATTEMPT_TIMEOUT_MS, Math.max(1, deadline.remainingMs)), signal);
      try {
        await join?.(deadline);
        return await SchedulerClient.connect(address, { tls, timeoutMs: attempt.timeoutMs, signal });
      } catch (error) {
        signal?.throwIfAborted();
        // An attempt cut short by our deadline says nothing about the scheduler.
        const cutShort = attempt.timeoutMs < ATTEMPT_TIMEOUT_MS && attempt.remainingMs < TIMER_SLACK_MS;
        if (lastError === undefined || !cutShort) lastError = error;
        if (error instanceof DaskFleetError && error.code === "SCHEDULER_REFUSED") throw error;
      }
      if (performance.now() - lookedAt >= pollIntervalMs) {
        lookedAt = performance.now();
        try {
          const machines = await within("the list of machines", deadline, (signal) =>
            provider.list(signal, { notRunning: true }),
          );
          const seen = machines.find(({ id }) => id === machine.id)?.state;
          // One that was listed, and is missing among those that do not run, runs.
          const runs = seen === "running" || (seen === undefined && wasSeen);
          if (runs && !isBooted) onBooted?.();
          [isBooted, wasSeen, state] = [isBooted || runs, wasSeen || seen !== undefined, seen ?? state];
          onListed?.(machines);
        } catch (error) {
          // The scheduler may come up all the same.
          signal?.throwIfAborted();
          if (!deadline.expired) lastError = error;
        }
        if (!isAlive({ state })) throw failed("stopped before Dask was up", await consoles.tailOf(machine, signal));
      }
      if (deadline.expired) return undefined;
      const found = await consoles.look([{ machine, absentMs: performance.now() - beganAt }], signal);
      if (found !== undefined) throw failed(`gave up: ${found.gaveUp.reason}`, consoles.endOf(found.gaveUp.log));
      return undefined;
    },
    {
      what: `the scheduler at ${address}`,
      deadline,
      intervalMs: LONGEST_PAUSE_MS,
      pause: (ms, inner) => sleep(Math.min(ms, pauseMs()), inner),
      lastSeen: async () =>
        `machine ${machine.id} is ${state}; ${messageOf(lastError)}${await consoles.tailOf(machine, signal)}`,
    },
  );
}
