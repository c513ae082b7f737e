import { workersOf } from "../../../src/cloud/checkup/quota.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import { MACHINE_ROLES } from "../../../src/provider/role.ts";
import type { Ec2Api } from "../api/client.ts";
import { quotaPage } from "../errors/failure.ts";
import { typesOf } from "../machines/candidates.ts";
import { discoverNetwork } from "../machines/discovery.ts";
import { imageById, ubuntuImages } from "../machines/image.ts";
import { describeTypes, type InstanceType } from "../machines/machine-types.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";

/** Types that count for the quota of "Standard" instances. */
const STANDARD = /^(?:[acdhimrtz]\d|im4|is4)/;
const STANDARD_QUOTA = { ordinary: "L-1216C47A", spot: "L-34B43A08" };

export async function network(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const { vpcId, places } = await discoverNetwork(api, options, signal);
  const zones = [...new Set(MACHINE_ROLES.flatMap((role) => places[role].map(({ zone }) => zone)))];
  return { state: "good", found: `${vpcId} with subnets in ${zones.join(", ")}` };
}

export async function types(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const chosen = await chosenTypes(api, options, signal);
  const words = [
    ...new Set(chosen.map(({ name, vcpus, zones }) => `${name} (${vcpus} vCPUs, in ${[...zones].sort().join(", ")})`)),
  ];
  return { state: "good", found: words.join(", ") };
}

export async function image(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const { ami } = options;
  if (ami !== undefined) return { state: "good", found: (await imageById(api, ami, signal)).id };
  const chosen = await chosenTypes(api, options, signal);
  const architectures = [...new Set(chosen.map(({ architecture }) => architecture))];
  const images = await ubuntuImages(api, architectures, signal);
  const words = [...images].map(([architecture, { id }]) => `${id} (newest Ubuntu LTS, ${architecture})`);
  return { state: "good", found: words.join(", ") };
}

/** EC2's API has no quotas: AWS' Service Quotas has, which is another SDK. */
export async function quota(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const [scheduler, worker] = await Promise.all(
    MACHINE_ROLES.map(async (role) => (await typesFor(role, api, options, signal))[0]),
  );
  const workers = workersOf(options);
  const vcpus = (scheduler?.vcpus ?? 0) + workers * (worker?.vcpus ?? 0);
  const region = { region: api.region, endpoint: api.endpoint };
  const page = quotaPage({ ...region, action: "", codes: [], status: undefined, message: "", attempts: 1 });
  const code = STANDARD.test(worker?.name ?? "")
    ? STANDARD_QUOTA[options.spot === false ? "ordinary" : "spot"]
    : undefined;
  const market = options.spot === false ? "on-demand" : "spot";
  return {
    state: "unknown",
    found: `${vcpus} vCPUs needed for a scheduler and ${workers} worker${workers === 1 ? "" : "s"}; EC2 does not tell the quota`,
    remedy: `Compare with the ${market} quota for ${worker?.name ?? "the type"} at ${page}${code === undefined ? "" : `, or run "aws service-quotas get-service-quota --service-code ec2 --quota-code ${code} --region ${api.region}"`}.`,
  };
}

async function chosenTypes(
  api: Ec2Api,
  options: ResolvedEc2Options,
  signal: AbortSignal,
): Promise<readonly InstanceType[]> {
  const chosen = await Promise.all(MACHINE_ROLES.map((role) => typesFor(role, api, options, signal)));
  return chosen.flatMap(([first, ...others]) => (first === undefined ? others : [first]));
}

/** Of those that a role may have, the ones that the region has, the preferred one first. */
async function typesFor(
  role: (typeof MACHINE_ROLES)[number],
  api: Ec2Api,
  options: ResolvedEc2Options,
  signal: AbortSignal,
): Promise<readonly InstanceType[]> {
  const { names, asked } = typesOf(role, options);
  const described = await describeTypes(api, names, signal);
  const missing = names.filter((name) => !described.has(name));
  if ((asked && missing.length > 0) || described.size === 0) {
    throw invalid(`The region ${api.region} has no instance type ${missing.join(", ")}.`);
  }
  return names.flatMap((name) => described.get(name) ?? []);
}
