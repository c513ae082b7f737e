import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { ingressFor } from "../../../src/cloud/network/ingress.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import type { DropletApi } from "../api/client.ts";
import { type Discovery, discover } from "../machines/discovery.ts";
import { networkOf } from "../network/network.ts";
import type { ResolvedDropletOptions } from "../options/resolved-options.ts";

/** What a look has resolved. */
export interface Looked {
  readonly discovery: Discovery;
  /** Who may reach the scheduler. */
  readonly cidrs: readonly string[];
}

/** Resolves everything that a start looks up before it creates anything. */
export async function lookAround(
  api: DropletApi,
  { options, groups }: { readonly options: ResolvedDropletOptions; readonly groups: readonly WorkerGroup[] },
  signal: AbortSignal,
): Promise<Looked> {
  const network = networkOf(api, options, signal);
  const ingress = ingressFor({ options, network, makesFirewall: options.createFirewall }, signal);
  const discovering = discover(api, { options, kinds: kindsOf(options, groups) }, signal);
  const [discovery, { cidrs }] = await Promise.all([discovering, ingress]);
  return { discovery, cidrs };
}
