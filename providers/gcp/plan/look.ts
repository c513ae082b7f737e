import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { ingressFor } from "../../../src/cloud/network/ingress.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import type { ComputeApi } from "../api/client.ts";
import { type Discovery, discover, networkOf } from "../machines/discovery.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

/** What a look has resolved. */
export interface Looked {
  readonly project: string;
  readonly discovery: Discovery;
  /** Who may reach the scheduler. */
  readonly cidrs: readonly string[];
}

/** Resolves everything that a start looks up before it creates anything. */
export async function lookAround(
  api: ComputeApi,
  { options, groups }: { readonly options: ResolvedGcpOptions; readonly groups: readonly WorkerGroup[] },
  signal: AbortSignal,
): Promise<Looked> {
  const found = discover(api, { options, kinds: kindsOf(options, groups) }, signal);
  const network = networkOf(api, found, options, signal);
  const ingress = ingressFor({ options, network, makesFirewall: options.createFirewall }, signal);
  const [discovery, { cidrs }] = await Promise.all([found, ingress]);
  return { project: api.project, discovery, cidrs };
}
