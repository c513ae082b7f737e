import type { Method } from "../call.ts";
import { Handle } from "../handle.ts";
import { wireShapes } from "../wire.ts";

export const close: Method<"close"> = async ({ cluster: key }, { clusters }) => {
  const handle = clusters.find(key);
  if (handle instanceof Handle) await handle.close();
  return {};
};

export const detach: Method<"detach"> = async ({ cluster: key }, { clusters }) => {
  const handle = clusters.find(key);
  if (handle instanceof Handle) await handle.detach();
  return {};
};

export const status: Method<"status"> = async ({ cluster: key }, { clusters }) => {
  const handle = clusters.find(key);
  if (!(handle instanceof Handle)) return { ...handle, description: handle.state, timeline: [] };
  const { cluster, provider } = handle;
  const isRunning = cluster.state === "running" && cluster.closedBecause === undefined;
  return {
    cluster: key,
    name: cluster.name,
    id: cluster.id,
    provider: provider.command,
    state: cluster.state,
    closed_because: cluster.closedBecause,
    description: cluster.describe(),
    scheduler_address: isRunning ? cluster.schedulerAddress : undefined,
    timeline: wireShapes(cluster.timeline),
  };
};

export const scale: Method<"scale"> = async (
  { cluster: key, workers, timeout_ms: timeoutMs, wait = true },
  { clusters, signal },
) => {
  const handle = clusters.open(key);
  if (wait) {
    await handle.cluster.scale(workers, { signal, timeoutMs });
    return {};
  }
  const scaling = handle.cluster.scale(workers, { timeoutMs });
  // What is wrong with the request itself is an answer.
  await Promise.race([scaling, soon()]);
  handle.unawaited(scaling);
  return {};
};

async function soon(): Promise<void> {
  await new Promise((resolve) => void setImmediate(resolve));
}

export const adapt: Method<"adapt"> = async (
  { cluster: key, group, groups, minimum, maximum, ...given },
  { clusters },
) => {
  const { cluster } = clusters.open(key);
  const { interval_ms: intervalMs, wait_count: waitCount, target_duration_ms: targetDurationMs } = given;
  const pace = { intervalMs, waitCount, targetDurationMs };
  if (groups === undefined) await cluster.adapt({ minimum, maximum, ...pace }, group);
  for (const [name, bounds] of Object.entries(groups ?? {})) await cluster.adapt({ ...bounds, ...pace }, name);
  return {};
};

export const stopAdapting: Method<"stop_adapting"> = async ({ cluster, groups = [] }, { clusters }) => {
  await clusters.open(cluster).cluster.stopAdapting(...groups);
  return {};
};

export const waitForWorkers: Method<"wait_for_workers"> = async (
  { cluster, workers, timeout_ms: timeoutMs },
  { clusters, signal },
) => {
  await clusters.open(cluster).cluster.waitForWorkers(workers, { signal, timeoutMs });
  return {};
};

export const workers: Method<"workers"> = async ({ cluster, timeout_ms: timeoutMs }, { clusters, signal }) => ({
  workers: wireShapes(await clusters.open(cluster).cluster.workers({ signal, timeoutMs })),
});

export const machines: Method<"machines"> = async ({ cluster, timeout_ms: timeoutMs }, { clusters, signal }) => ({
  machines: wireShapes(await clusters.open(cluster).cluster.machines({ signal, timeoutMs })),
});

export const dashboard: Method<"dashboard"> = async ({ cluster, port = 0 }, { clusters }) => {
  const { url } = await clusters.open(cluster).dashboard(port);
  return { url };
};

export const clientEnv: Method<"client_env"> = async ({ cluster }, { clusters }) => ({
  variables: clusters.open(cluster).cluster.clientEnv(),
});
