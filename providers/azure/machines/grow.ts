import { BackOff } from "../../../src/back-off.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { begin, Operation } from "../api/operations.ts";
import { AzureError } from "../errors/azure-error.ts";
import type { Batch } from "./launch.ts";
import { type SetSize, sizeOf } from "./set-size.ts";
import { scaleSetModel } from "./vm-model.ts";

/** A scale set that is getting more machines. */
export interface Growing {
  readonly set: string;
  /** Names of machines that existed before. */
  readonly old: ReadonlySet<string>;
  readonly count: number;
  readonly growth: Operation;
}

/** The aim of a growth whose effect is unknown. */
interface Aim extends Pick<Growing, "old" | "count"> {
  readonly capacity: number;
}

/** Azure's limit for one scale set. */
const LARGEST_SET = 1000;
const CREATE = { action: "VirtualMachineScaleSets_CreateOrUpdate", service: "compute" } as const;
const UPDATE = { action: "VirtualMachineScaleSets_Update", service: "compute" } as const;
/** How often others may change the set between our look and our update. */
const MOST_CHANGES = 10;
const PAUSES = { firstMs: 100, longestMs: 5000 };

/**
 * Creates or grows a scale set by an absolute number of machines: asked twice for the same, Azure creates none twice. A number
 * below the present one would delete machines, so the change holds only for the set as it was seen: it must not exist, or be unchanged.
 * Otherwise the set is looked at again.
 */
export async function grow(batch: Batch, set: string, signal: AbortSignal): Promise<Growing> {
  const { options, recent } = batch;
  const deadline = new Deadline(options.listLagMs);
  const backOff = new BackOff(PAUSES, { signal });
  let aim: Aim | undefined;
  for (let failed = 1; ; failed += 1) {
    const size = await sizeOf(batch, set, signal);
    if (aim !== undefined && size.exists && size.machines >= aim.capacity) return { ...aim, set, growth: begun() };
    const next = aim ?? aimFrom(batch, set, size);
    recent.scaleSets.add([set]);
    try {
      const growth = await change(batch, set, size, next.capacity, signal);
      recent.membersOf(set).want(next.capacity);
      return { ...next, set, growth };
    } catch (error) {
      const isStale = error instanceof AzureError && error.status === 412;
      if (!isStale || (failed > MOST_CHANGES && deadline.expired)) {
        if (!(error instanceof AzureError && error.refused)) recent.membersOf(set).want(next.capacity);
        throw error;
      }
      // Our own earlier attempt may have changed the set.
      if (error.mayHaveHappened) aim = next;
      await backOff.pause();
    }
  }
}

export function full(set: string): DaskFleetError {
  return new DaskFleetError(
    "CAPACITY_UNAVAILABLE",
    `The scale set ${set} has ${LARGEST_SET.toLocaleString("en-US")} machines, the most that one can have. Set several \`zones\`: each has its own scale set.`,
  );
}

function aimFrom(batch: Batch, set: string, { machines, old }: SetSize): Aim {
  const count = Math.min(batch.count, LARGEST_SET - machines);
  if (count <= 0) throw full(set);
  return { old, count, capacity: machines + count };
}

async function change(
  { api, options, model }: Batch,
  set: string,
  { exists, etag }: SetSize,
  capacity: number,
  signal: AbortSignal,
): Promise<Operation> {
  const { resourceGroup } = options;
  if (!exists) {
    return await begin(api, CREATE, signal, ({ virtualMachineScaleSets }) =>
      virtualMachineScaleSets.createOrUpdate(resourceGroup, set, scaleSetModel(model, capacity), { ifNoneMatch: "*" }),
    );
  }
  const { sku = {}, virtualMachineProfile: { osProfile: { customData = "" } = {} } = {} } = scaleSetModel(
    model,
    capacity,
  );
  // Machines that are there keep theirs, and the next ones get what is good now.
  const virtualMachineProfile = { osProfile: { customData } };
  // A cloud that gives no etag, such as Azure Stack, can only be told that the set must be there.
  return await begin(api, UPDATE, signal, ({ virtualMachineScaleSets }) =>
    virtualMachineScaleSets.update(resourceGroup, set, { sku, virtualMachineProfile }, { ifMatch: etag ?? "*" }),
  );
}

/** What an earlier attempt began whose answer was lost. */
function begun(): Operation {
  return new Operation(UPDATE.action, UPDATE.service, { state: "", isDone: true });
}
