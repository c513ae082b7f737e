import { type ConnectOptions, SchedulerClient } from "../dask/scheduler-client.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { tail } from "../text.ts";
import { poll, within } from "../wait.ts";
import { isAlive, type Machine, type MachineProvider } from "./machine.ts";

export interface SchedulerTarget {
  readonly address: string;
  readonly tls: ConnectOptions["tls"];
  readonly machine: Machine;
  readonly provider: MachineProvider;
  readonly pollIntervalMs: number;
}

const ATTEMPT_TIMEOUT_MS = 5000;
const ATTEMPT_INTERVAL_MS = 100;

/**
 * Dials the scheduler until it answers. Gives up early when its machine has stopped, or when what answers is not our
 * scheduler; every failure tells what the machine's console said last.
 */
export async function connectToScheduler(target: SchedulerTarget, deadline: Deadline): Promise<SchedulerClient> {
  const { address, tls, machine, provider, pollIntervalMs } = target;
  let lastError: unknown;
  let state = machine.state;
  let lookedAt = performance.now();
  const bootLog = async (): Promise<string> =>
    tail(
      await within("the boot log", new Deadline(ATTEMPT_TIMEOUT_MS, deadline.signal), (signal) =>
        provider.bootLog(machine, signal),
      ).catch(messageOf),
    );

  return await poll(
    async () => {
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, Math.max(1, deadline.remainingMs));
      try {
        return await SchedulerClient.connect(address, { tls, timeoutMs, signal: deadline.signal });
      } catch (error) {
        deadline.signal?.throwIfAborted();
        lastError = error;
        if (error instanceof DaskFleetError && error.code === "SCHEDULER_REFUSED") throw error;
      }
      if (performance.now() - lookedAt >= pollIntervalMs) {
        lookedAt = performance.now();
        try {
          const machines = await within("the list of machines", deadline, (signal) => provider.listMachines(signal));
          state = machines.find(({ id }) => id === machine.id)?.state ?? state;
        } catch (error) {
          // The scheduler may come up all the same.
          deadline.signal?.throwIfAborted();
          if (!deadline.expired) lastError = error;
        }
        if (!isAlive({ state })) {
          throw new DaskFleetError(
            "START_FAILED",
            `The scheduler's machine ${machine.id} stopped before Dask was up.${await bootLog()}`,
            { cause: lastError },
          );
        }
      }
      return undefined;
    },
    {
      what: `the scheduler at ${address}`,
      deadline,
      intervalMs: ATTEMPT_INTERVAL_MS,
      lastSeen: async () => `machine ${machine.id} is ${state}; ${messageOf(lastError)}${await bootLog()}`,
    },
  );
}
