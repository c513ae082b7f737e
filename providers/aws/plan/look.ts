import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { ingressFor } from "../../../src/cloud/network/ingress.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import type { Ec2Api } from "../api/client.ts";
import { type Discovery, discover, networkOf } from "../machines/discovery.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";

/** What a look has resolved. */
export interface Looked {
  readonly region: string;
  readonly discovery: Discovery;
  /** Who may reach the scheduler. */
  readonly cidrs: readonly string[];
}

/** Resolves everything that a start looks up before it creates anything. */
export async function lookAround(
  api: Ec2Api,
  { options, groups }: { readonly options: ResolvedEc2Options; readonly groups: readonly WorkerGroup[] },
  signal: AbortSignal,
): Promise<Looked> {
  const makesFirewall = options.securityGroups.length === 0;
  const found = discover(api, kindsOf(options, groups), signal);
  const network = networkOf(api, found, signal);
  const [discovery, { cidrs }] = await Promise.all([found, ingressFor({ options, network, makesFirewall }, signal)]);
  return { region: api.region, discovery, cidrs };
}
