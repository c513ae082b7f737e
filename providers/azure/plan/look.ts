import { ingressFor } from "../../../src/cloud/network/ingress.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import type { AzureApi } from "../api/client.ts";
import { type Discovery, discover } from "../machines/discovery.ts";
import { azureKinds } from "../machines/kinds.ts";
import { reachOf } from "../network/network.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import type { Named } from "../tags/names.ts";

/** What a look has resolved. */
export interface Looked {
  readonly subscription: string;
  readonly discovery: Discovery;
  /** Who may reach the scheduler. */
  readonly cidrs: readonly string[];
}

/** Resolves everything that a start looks up before it creates anything. */
export async function lookAround(
  api: AzureApi,
  {
    options,
    groups,
    cluster,
  }: {
    readonly options: ResolvedAzureOptions;
    readonly groups: readonly WorkerGroup[];
    readonly cluster: Named;
  },
  signal: AbortSignal,
): Promise<Looked> {
  const makesFirewall = options.securityGroup === undefined;
  const found = discover(api, { options, kinds: azureKinds(options, groups), cluster }, signal);
  const network = reachOf(found.then((all) => all.network));
  const [discovery, { cidrs }] = await Promise.all([found, ingressFor({ options, network, makesFirewall }, signal)]);
  return { subscription: api.subscriptionId, discovery, cidrs };
}
