import { Deadline } from "../../deadline.ts";
import { DaskFleetError, linesOf, messageOf } from "../../errors.ts";
import { afterClose } from "../../process/exit-guard.ts";
import { emitWarning } from "../../process/standard-streams.ts";
import { forCluster } from "../../provider/complete-provider.ts";
import type { ClusterIdentity } from "../../provider/identity.ts";
import { recordedOptions } from "../../provider/place.ts";
import { type OpenProvider, type ProviderDefinition, openProvider } from "../../provider/provider-definition.ts";
import { endAdapting } from "../../state/intended-bounds.ts";
import { writeIntendedSizes } from "../../state/intended-size.ts";
import { removeStateDirectory } from "../../state/state-directory.ts";
import { Announcer } from "../announcer.ts";
import { CreationLedger } from "../end/creation-ledger.ts";
import { Inventory } from "../end/inventory.ts";
import { takeDown } from "../end/tear-down.ts";
import { noWorkers } from "../groups.ts";
import type { Defined, RemoveOptions, WaitOptions } from "../handle-types.ts";
import { type ClusterRecord, recordPath } from "../record.ts";
import { chooseRemoval, othersInWords } from "./choose-removal.ts";
import { listClusters, notFound, recordToRemove, removeEnded, thingsNamed, withAsked } from "./found-clusters.ts";

interface Removal<Options> extends RemoveOptions {
  readonly name: string;
  readonly options: Options | undefined;
}

/** Removes the selected cluster, or forgets its record. */
export async function removeCluster<Options>(
  { definition, name: className }: Defined<Options>,
  { name, options, forget = false, id }: Removal<Options>,
): Promise<void> {
  const record = await recordToRemove(definition.name, name);
  const open = openedFor(definition, name, record, options);
  const things = await thingsNamed(name, open, record);
  // A cluster on this computer exists as long as its record.
  const here = record === undefined ? [] : [{ kind: "record", id: name, clusterName: name, clusterId: record.id }];
  const about = { name, provider: definition.name, things: things ?? here, record, id };
  const { ids, others } = chooseRemoval(about);
  const also = othersInWords(about, others);
  if (ids.length > 0) {
    if (also.length > 0) emitWarning(also.join("\n"));
    await takeDownFound(open, { identity: { name, ids }, className, record });
    return;
  }
  const isForgotten = forget && record !== undefined && (id === undefined || id === record.id);
  if (!isForgotten) throw notFound({ name, id, className, record, others: also });
  if (also.length > 0) emitWarning(also.join("\n"));
  await removeStateDirectory(name);
}

/** Removes expired and powered-off clusters, and returns their names. */
export async function sweepClusters<Options>(
  { definition, name: className }: Defined<Options>,
  options: Options | undefined,
  wait: WaitOptions,
): Promise<readonly string[]> {
  const clusters = await listClusters(openProvider(definition.resolve(options)), wait);
  return await removeEnded(clusters, async (name, ids) => {
    const found = await recordToRemove(definition.name, name).catch(() => undefined);
    const record = found !== undefined && ids.includes(found.id) ? found : undefined;
    const open = openedFor(definition, name, record, options);
    if (record !== undefined) await thingsNamed(name, open, record);
    await takeDownFound(open, { identity: { name, ids }, className, record });
  });
}

interface FoundThings {
  readonly identity: ClusterIdentity;
  readonly className: string;
  readonly record: ClusterRecord | undefined;
}

/** Removes a cluster of any process. */
async function takeDownFound(
  { name: providerName, options, provider }: OpenProvider,
  { identity, className, record }: FoundThings,
): Promise<void> {
  // Keeps a launcher that is still alive from replacing machines.
  if (record !== undefined && identity.ids.includes(record.id)) {
    await wantNoWorkers(record).catch((error: unknown) => emitWarning(messageOf(error)));
  }
  const ledger = new CreationLedger();
  // The launcher may have ended in the middle of a call.
  ledger.assumeLost();
  const inventory = new Inventory(ledger, provider);
  const input = {
    clusterName: identity.name,
    identity,
    className,
    providerName,
    verbs: inventory.watch(ledger.watch(forCluster(provider, identity))),
    ledger,
    inventory,
    emit: new Announcer().tell,
    running: undefined,
    endUse: async () => undefined,
  };
  await afterClose(async () => {
    try {
      await takeDown(input, new Deadline(options.closeTimeoutMs));
    } finally {
      await provider.disconnect();
    }
  });
}

async function wantNoWorkers({ name, groups }: ClusterRecord): Promise<void> {
  const sizes = noWorkers(groups);
  await endAdapting(name, Object.keys(sizes));
  await writeIntendedSizes(name, sizes);
}

/** The provider with the recorded options; given options override them. */
function openedFor<Options>(
  definition: ProviderDefinition<Options>,
  name: string,
  record: ClusterRecord | undefined,
  asked: Options | undefined,
): OpenProvider {
  const fixed = { name, security: false, closeOnExit: false };
  if (record === undefined) return openProvider(definition.resolve(withAsked(fixed, asked)));
  try {
    const open = openProvider(definition.resolve(withAsked({ ...recordedOptions(record), ...fixed }, asked)));
    open.provider.state.restore(record.providerState);
    return open;
  } catch (error) {
    if (!(error instanceof DaskFleetError) || error.code !== "CONFIG_INVALID") throw error;
    const whence = `Omitted options come from the cluster's record, ${recordPath(record.name)}.`;
    throw new DaskFleetError("CONFIG_INVALID", [...linesOf(error), whence], { cause: error });
  }
}
