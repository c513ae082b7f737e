import { accessChecks } from "../../../src/cloud/checkup/access-checks.ts";
import { clockCheck } from "../../../src/cloud/checkup/clock-check.ts";
import { sdkCheck } from "../../../src/cloud/checkup/sdk-check.ts";
import type { Check, Observation } from "../../../src/provider/checkup.ts";
import { groupsNamed } from "../../../src/provider/worker-group.ts";
import type { AzureApi } from "../api/client.ts";
import { cloudAt } from "../api/credentials.ts";
import { nameIn } from "../api/resource-id.ts";
import { loadCompute, loadIdentity, loadNetwork } from "../api/sdk.ts";
import { discoverSizes } from "../machines/discovery.ts";
import { azureKinds, type Kind } from "../machines/kinds.ts";
import { type MachineType, SizeCatalogue } from "../machines/machine-types.ts";
import { namingGroup, typesOf } from "../machines/types-of-kind.ts";
import { findNetwork, findSecurityGroup, makesNetwork } from "../network/network.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import { permissions } from "./permissions.ts";
import { quota } from "./quota.ts";

interface Question {
  readonly options: ResolvedAzureOptions;
  /** Whether the options hold the credentials. */
  readonly isGiven: boolean;
}

type Look = (api: AzureApi, options: ResolvedAzureOptions, signal: AbortSignal) => Promise<Observation>;

const NOBODY = { name: "dask-fleet-doctor", id: undefined };

/** Applications of Microsoft's that ask for tokens on behalf of a user. */
const APPLICATIONS: Readonly<Record<string, string>> = {
  "04b07795-8ddb-461a-bbee-02f9e1bf7b46": '"az login"',
  "1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
  "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
};

/** What a cluster on Azure needs, in the order in which it can be looked at. */
export function azureChecks(open: () => Promise<AzureApi>, { options, isGiven }: Question): readonly Check[] {
  const url = async (): Promise<string> => cloudAt(options.endpoint, options.audience).endpoint;
  const asking = (look: Look) => async (signal: AbortSignal) => await look(await open(), options, signal);
  const packages = ["@azure/arm-compute", "@azure/arm-network"] as const;
  const load = async (): Promise<unknown> =>
    await Promise.all([loadCompute(), loadNetwork(), ...(isGiven ? [] : [loadIdentity()])]);
  return [
    sdkCheck(isGiven ? packages : [...packages, "@azure/identity"], load),
    clockCheck(url),
    {
      topic: "credentials",
      title: "credentials",
      after: ["sdk"],
      run: async (signal) => await credentials(await open(), isGiven, signal),
    },
    { topic: "place", title: "subscription and group", after: ["credentials"], run: asking(place) },
    { topic: "network", title: "network", after: ["place"], run: asking(network) },
    { topic: "machines", title: "sizes", after: ["place"], run: asking(machines) },
    { topic: "image", title: "image", after: ["machines"], run: asking(image) },
    { topic: "quota", title: "quotas", after: ["machines"], tellsOnly: true, run: asking(quota) },
    { topic: "permissions", title: "permissions", after: ["place"], tellsOnly: true, run: asking(permissions) },
    ...accessChecks(options, url),
  ];
}

async function credentials(api: AzureApi, isGiven: boolean, signal: AbortSignal): Promise<Observation> {
  const { user, oid, tid, application = "", identity } = await api.claims(signal);
  const principal = oid === undefined ? "the token does not tell whose it is" : `object id ${oid}`;
  const who = user ?? (identity === undefined ? principal : `managed identity ${nameIn(identity)}`);
  const known = APPLICATIONS[application] ?? (application === "" ? "DefaultAzureCredential" : `client ${application}`);
  const from = isGiven ? "the `credential` option" : known;
  return { state: "good", found: `${who}${tid === undefined ? "" : `, tenant ${tid}`}, from ${from}` };
}

/** The first calls: who may not see the machines of a resource group has no use for it. */
const place: Look = async (api, { resourceGroup, location }, signal) => {
  await api.call("VirtualMachineScaleSets_List", signal, async ({ compute }) => {
    return await compute.virtualMachineScaleSets.list(resourceGroup).byPage().next();
  });
  return { state: "good", found: `${api.subscriptionId}, ${resourceGroup}, ${location}` };
};

const network: Look = async (api, options, signal) => {
  const [{ subnet }, group] = await Promise.all([
    findNetwork(api, options, NOBODY, signal),
    findSecurityGroup(api, options, signal),
  ]);
  const made = makesNetwork(options) ? "a network of the cluster's own" : `the subnet ${nameIn(subnet)}`;
  const firewall = group === undefined ? "a security group of its own" : `the security group ${nameIn(group)}`;
  return { state: "good", found: `${made}, ${firewall}` };
};

const machines: Look = async (api, options, signal) => {
  const catalogue = await SizeCatalogue.of(api, options.location, signal);
  const types = new Map<string, MachineType>();
  for (const kind of kindsIn(options)) {
    const found = await namingGroup(kind, async () => typesOf(kind, catalogue));
    for (const type of found) types.set(type.name, type);
  }
  const words = [...types.values()].map(({ name, vcpus, zones }) => {
    return `${name} (${vcpus} vCPUs, ${zones.length === 0 ? "no zones" : `zones ${zones.join(", ")}`})`;
  });
  return { state: "good", found: words.join(", ") };
};

const image: Look = async (api, options, signal) => {
  const found = await discoverSizes(api, kindsIn(options), options.location, signal);
  const names = [...found.values()].flat().map(({ image: { id, publisher, offer, sku, version } }) => {
    return id ?? [publisher, offer, sku, version].join(":");
  });
  return { state: "good", found: [...new Set(names)].join(", ") };
};

function kindsIn(options: ResolvedAzureOptions): readonly Kind[] {
  return azureKinds(options, groupsNamed(options));
}
