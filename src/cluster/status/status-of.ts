import { SchedulerClient } from "../../dask/scheduler-client.ts";
import { Deadline } from "../../deadline.ts";
import { forCluster } from "../../provider/complete-provider.ts";
import { type ProviderDefinition, openProvider } from "../../provider/provider-definition.ts";
import type { AttachOptions, WaitOptions } from "../handle-types.ts";
import { loadSecurity } from "../secrets/load-security.ts";
import { attachable, recordedSpec } from "../start/attach.ts";
import type { ClusterStatus } from "./cluster-status.ts";
import { lookAt } from "./look.ts";

/** A silent scheduler, or a cloud that does not answer, delays a status by this much, in milliseconds. */
export const STATUS_TIMEOUT_MS = 10_000;

/**
 * The status of a recorded cluster, without becoming a handle on it.
 *
 * @throws DaskFleetError `CLUSTER_NOT_FOUND` without a record, `CONFIG_INVALID` when options contradict it
 */
export async function statusOf<Options>(
  definition: ProviderDefinition<Options>,
  name: string,
  { options, signal, timeoutMs = STATUS_TIMEOUT_MS }: AttachOptions<Options> & WaitOptions,
): Promise<ClusterStatus> {
  const { record, asked } = await attachable(definition, name, options);
  const open = openProvider(definition.resolve(asked));
  open.provider.state.restore(record.providerState);
  const verbs = forCluster(open.provider, { name, ids: [record.id] });
  const spec = recordedSpec(record, { providerName: definition.name, options: open.options, verbs });
  const connect = async (
    address: string,
    inner: AbortSignal,
  ): Promise<{ readonly scheduler: SchedulerClient; readonly done: () => Promise<void> }> => {
    const { security } = spec;
    await loadSecurity(security, inner);
    const tls = security && ((): ReturnType<typeof security.clientTls> => security.clientTls());
    const scheduler = await SchedulerClient.connect(address, { tls, timeoutMs, signal: inner });
    return { scheduler, done: async () => await scheduler.close() };
  };
  try {
    return await lookAt({ record, spec, verbs, connect }, new Deadline(timeoutMs, signal));
  } finally {
    await open.provider.disconnect();
  }
}
