import type { AgentSettings } from "../../dask/agent/settings.ts";
import type { ClusterSpec } from "../cluster-spec.ts";

/** What the agent on a cluster's machines is told. */
export function agentSettings({ clusterName, capabilities }: ClusterSpec): AgentSettings {
  const { spotNotice } = capabilities;
  return { cluster: clusterName, ...(spotNotice === undefined ? {} : { notice: { cloud: spotNotice } }) };
}
