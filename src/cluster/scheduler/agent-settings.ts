import type { EndsSettings } from "../../dask/agent/ends.ts";
import type { AgentSettings } from "../../dask/agent/settings.ts";
import type { ClusterSpec } from "../cluster-spec.ts";

/** What the agent on a cluster's machines is told. */
export function agentSettings(spec: ClusterSpec): AgentSettings {
  const { spotNotice } = spec.capabilities;
  const notice = spotNotice === undefined ? {} : { notice: { cloud: spotNotice } };
  return { cluster: spec.clusterName, ends: endsSettings(spec), ...notice };
}

function endsSettings({ ends: { noClientMs, expiresAt }, groups, options }: ClusterSpec): EndsSettings {
  return {
    noClientSeconds: noClientMs === undefined ? undefined : noClientMs / 1000,
    expiresAt: expiresAt === undefined ? undefined : Math.floor(expiresAt.getTime() / 1000),
    joinSeconds: groups.some(({ size }) => size > 0) ? options.startTimeoutMs / 1000 : undefined,
  };
}
