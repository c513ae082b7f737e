import type { CloudProvider } from "./cloud-provider.ts";
import type { ClusterIdentity } from "./identity.ts";
import { plainPlan } from "./plan.ts";

/** A provider with all optional members. */
export type CompleteProvider = Readonly<Required<CloudProvider>>;

/** Fills in the defaults of optional members. */
export function completeProvider(provider: CloudProvider): CompleteProvider {
  return {
    capabilities: provider.capabilities,
    state: provider.state,
    prepare: (cluster, request, signal) => provider.prepare(cluster, request, signal),
    create: (cluster, request, signal) => provider.create(cluster, request, signal),
    list: (cluster, signal, options) => provider.list(cluster, signal, options),
    destroy: (cluster, machines, signal) => provider.destroy(cluster, machines, signal),
    release: (cluster, signal) => provider.release(cluster, signal),
    find: (clusterName, signal) => provider.find(clusterName, signal),
    console: (machine, signal) => provider.console(machine, signal),
    place: async (question, signal) => await provider.place?.(question, signal),
    plan: async (cluster, request, signal) =>
      (await provider.plan?.(cluster, request, signal)) ?? plainPlan(cluster, request),
    locate: async (scheduler, signal) => (await provider.locate?.(scheduler, signal)) ?? scheduler,
    resources: async (cluster, signal) => {
      if (provider.resources !== undefined) return await provider.resources(cluster, signal);
      const found = await provider.find(cluster.name, signal);
      return found.filter(({ clusterId }) => cluster.ids.includes(clusterId));
    },
    ownThings: () => provider.ownThings?.() ?? [],
    hasMade: () => provider.hasMade?.() ?? true,
    nodeExtras: (role, question) => provider.nodeExtras?.(role, question) ?? {},
    storeIdentity: (question) => provider.storeIdentity?.(question) ?? { who: "their own identity" },
    environment: async (cluster) => (await provider.environment?.(cluster)) ?? {},
    verifyIdentity: async (machine, proof, signal, warn) =>
      await provider.verifyIdentity?.(machine, proof, signal, warn),
    removeAbandoned: async (cluster, signal) => (await provider.removeAbandoned?.(cluster, signal)) ?? false,
    checks: async () => (await provider.checks?.()) ?? [],
    disconnect: async () => await provider.disconnect?.(),
  };
}

/** The verbs that take a cluster. */
type AboutACluster = "prepare" | "create" | "list" | "destroy" | "release" | "resources" | "environment" | "plan";

type Told<Verb> = Verb extends (cluster: ClusterIdentity, ...given: infer Given) => infer Answer
  ? (...given: Given) => Answer
  : never;

/** A provider bound to one cluster. */
export type ClusterProvider = Omit<CompleteProvider, AboutACluster> & {
  readonly [Verb in AboutACluster]: Told<CompleteProvider[Verb]>;
};

export function forCluster(provider: CompleteProvider, cluster: ClusterIdentity): ClusterProvider {
  return {
    ...provider,
    prepare: (request, signal) => provider.prepare(cluster, request, signal),
    create: (request, signal) => provider.create(cluster, request, signal),
    list: (signal, options) => provider.list(cluster, signal, options),
    destroy: (machines, signal) => provider.destroy(cluster, machines, signal),
    release: (signal) => provider.release(cluster, signal),
    resources: (signal) => provider.resources(cluster, signal),
    environment: () => provider.environment(cluster),
    plan: (request, signal) => provider.plan(cluster, request, signal),
  };
}
