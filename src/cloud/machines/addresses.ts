import { Deadline } from "../../deadline.ts";
import type { Machine } from "../../provider/machine.ts";
import { poll } from "../../wait.ts";

export type Addresses = Pick<Machine, "privateAddress" | "publicAddress">;

/** What a look at a new machine shows. */
interface Look {
  readonly addresses: Addresses;
  /** In the cloud's own word. */
  readonly state: string | undefined;
}

interface Wanted {
  /** What the cloud calls a machine: `droplet`. */
  readonly kind: string;
  /** Whether it is to have a public address, too. */
  readonly isPublic: boolean;
  /** Undefined: the cloud does not list it yet. Throws where the machine will not get them any more. */
  readonly look: () => Promise<Look | undefined>;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 120_000;

/** Whether all is known that others need to reach a machine. */
export function hasAddresses({ privateAddress, publicAddress }: Addresses, isPublic: boolean): boolean {
  return privateAddress !== undefined && (!isPublic || publicAddress !== undefined);
}

/** Waits until a new machine has its addresses: clouds assign them a moment after the create call has answered. */
export async function withAddresses(
  machine: Machine,
  { kind, isPublic, look, intervalMs, signal }: Wanted,
): Promise<Machine> {
  let last: Look | undefined;
  return await poll(
    async () => {
      last = (await look()) ?? last;
      return last !== undefined && hasAddresses(last.addresses, isPublic)
        ? { ...machine, ...last.addresses }
        : undefined;
    },
    {
      what: `the ${isPublic ? "public address" : "address"} of the ${kind} ${machine.id}`,
      deadline: new Deadline(TIMEOUT_MS, signal),
      intervalMs,
      lastSeen: () =>
        last === undefined ? `the ${kind} is not listed` : `the ${kind} is "${last.state ?? "unknown"}"`,
    },
  );
}
