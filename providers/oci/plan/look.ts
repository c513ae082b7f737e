import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { ingressFor } from "../../../src/cloud/network/ingress.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import type { OciApi } from "../api/client.ts";
import { type Discovery, discover, networkOf } from "../machines/discovery.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";

/** What a look has resolved. */
export interface Looked {
  readonly region: string;
  readonly compartmentId: string;
  readonly discovery: Discovery;
  /** Who may reach the scheduler. */
  readonly cidrs: readonly string[];
}

/** Resolves everything that a start looks up before it creates anything. */
export async function lookAround(
  api: OciApi,
  { options, groups }: { readonly options: ResolvedOciOptions; readonly groups: readonly WorkerGroup[] },
  signal: AbortSignal,
): Promise<Looked> {
  const makesFirewall = options.nsgIds.length === 0;
  const found = discover(api, { options, kinds: kindsOf(options, groups) }, signal);
  const network = networkOf(api, found, signal);
  const [discovery, { cidrs }] = await Promise.all([found, ingressFor({ options, network, makesFirewall }, signal)]);
  const { region, compartmentId } = api;
  return { region, compartmentId, discovery, cidrs };
}
