import type { ClusterManager, MachineRole } from "../../../index.ts";
import type { ClusterType } from "../../providers.ts";
import type { Call, Method } from "../call.ts";
import { clientSecurity } from "../client-security.ts";
import type { Handle } from "../handle.ts";
import { fromKeywords } from "../keywords.ts";
import { providerNamed, type RpcProvider } from "../providers.ts";
import { OfCluster, isIncomplete } from "../rpc-error.ts";

export const start: Method<"start"> = async ({ provider: name, options: given }, call) => {
  const { provider, Type, options, wantsPreview } = await chosen(name, given, call);
  const { closeOnExit } = Type.definition.resolve(options).options;
  const cluster = new Type(options);
  const preview = wantsPreview ? previewOf(cluster) : undefined;
  const handle = call.clusters.add({
    key: call.clusters.newKey(),
    cluster,
    provider,
    closesWithClient: closeOnExit,
  });
  try {
    await handle.start(call.id, call.signal);
  } catch (error) {
    throw isIncomplete(error) ? new OfCluster(handle.key, error) : error;
  }
  return { ...shapeOf(handle), preview };
};

export const attach: Method<"attach"> = async ({ provider: asked, name, options: given }, call) => {
  const { provider, Type, options } = await chosen(asked, given, call);
  const key = call.clusters.newKey();
  const cluster = await Type.attach(name, { signal: call.signal, options });
  try {
    const handle = call.clusters.add({ key, cluster, provider, closesWithClient: false });
    handle.tell({ type: "state", state: "running" });
    return shapeOf(handle);
  } catch (error) {
    await cluster.detach();
    throw error;
  }
};

export const preview: Method<"preview"> = async ({ provider, cluster, options: given, role, group }, call) => {
  if (cluster !== undefined) {
    return { user_data: call.clusters.open(cluster).cluster.previewStartupScript(role, group) };
  }
  const { Type, options } = await chosen(provider ?? "", given, call);
  return { user_data: new Type(options).previewStartupScript(role, group) };
};

export const plan: Method<"plan"> = async ({ provider, options: given }, call) => {
  const { Type, options } = await chosen(provider, given, call);
  const { planInBrief } = await import("../../../index.ts");
  const planned = await new Type(options).plan({ signal: call.signal });
  return { plan: planned, brief: planInBrief(planned) };
};

interface Chosen {
  readonly provider: RpcProvider;
  readonly Type: ClusterType;
  readonly options: object;
  readonly wantsPreview: boolean;
}

/** A provider's class, and the options for it. */
export async function chosen(
  name: string,
  given: Readonly<Record<string, unknown>> | undefined,
  { providers, clusters, signal }: Call,
): Promise<Chosen> {
  clusters.assertOpen();
  const provider = providerNamed(name, providers);
  const Type = await provider.clusterClass();
  signal.throwIfAborted();
  return { provider, Type, ...fromKeywords(given) };
}

function previewOf(cluster: ClusterManager): Readonly<Record<MachineRole, string>> {
  return { scheduler: cluster.previewStartupScript("scheduler"), worker: cluster.previewStartupScript("worker") };
}

function shapeOf({ key, cluster, provider }: Handle): object {
  return {
    cluster: key,
    name: cluster.name,
    id: cluster.id,
    provider: provider.command,
    class_name: provider.className,
    scheduler_address: cluster.schedulerAddress,
    security: clientSecurity(cluster),
    state_directory: cluster.stateDirectory,
  };
}
