import { groupTypes, publicAddresses, type RoleTypes, roleTypes } from "../../../src/cloud/cloud-schema.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { contradiction } from "../../../src/options/overlapping.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import { type GroupsOption, groupsOption } from "../../../src/provider/groups/groups-option.ts";
import { type WorkerGroup, optionsFor } from "../../../src/provider/worker-group.ts";
import type { AzureCredential } from "../api/credential.ts";
import { nameIn, networkOf, parseId, sameName } from "../api/resource-id.ts";
import { assertRoomFor, assertUserTags } from "../tags/tags.ts";
import type { AzureImage, AzureVMClusterOptions } from "./options.ts";
import { assertExtraVmOptions } from "./override.ts";
import { schema } from "./schema.ts";

type Values = ResolvedOptions<typeof schema>["values"];

/** Options that follow from several. */
interface Decided extends RoleTypes, GroupsOption {
  readonly location: string;
  readonly resourceGroup: string;
  readonly zones: readonly string[];
  readonly vmImage: AzureImage;
  readonly extraVmOptions: Readonly<Record<string, unknown>>;
}

/** {@link AzureVMClusterOptions}, checked and with their defaults; what overlaps is one. Given again, they make the same cluster again. */
export type ResolvedAzureOptions = Omit<Values, keyof Decided | "instanceType" | "credential"> & Decided;

/** The credential is apart: what is resolved goes into the cluster's record. */
export interface AzureOptions {
  readonly options: ResolvedAzureOptions;
  readonly credential: AzureCredential | undefined;
}

export function resolveAzureOptions(section: string, given: AzureVMClusterOptions): AzureOptions {
  const checked = resolveOptions(schema, { section, options: given });
  const { instanceType: _both, credential: _copy, ...values } = checked.values;
  const options: ResolvedAzureOptions = {
    ...values,
    ...publicAddresses(values),
    ...roleTypes(checked),
    location: locationIn(needed("location", values.location, 'such as "eastus"')),
    resourceGroup: needed("resourceGroup", values.resourceGroup, "which must be there"),
    zones: zonesIn(values.zones),
    vmImage: withoutEmpty(values.vmImage),
    extraVmOptions: values.extraVmOptions ?? {},
    ...groupsOption(checked, ({ instanceType, zones, vmImage, ...own }) => ({
      ...own,
      ...groupTypes(instanceType),
      zones: zones && zonesIn(zones),
      vmImage: vmImage && withoutEmpty(vmImage),
    })),
  };
  assertNetwork(options);
  assertEndpoint(options.endpoint);
  assertMachines(options, "");
  for (const group of options.groups ?? []) assertMachines(options, `workers.${group.name}.`, group);
  return { options, credential: given.credential };
}

/**
 * What the cluster's machines are asked for with, or a group's.
 *
 * @param place of the options, before their names
 */
function assertMachines(cluster: ResolvedAzureOptions, place: string, group?: WorkerGroup): void {
  const { vmImage, tags, vmTags, extraVmOptions } = optionsFor(cluster, group);
  assertImage(`${place}vmImage`, vmImage);
  assertUserTags(`${place}tags`, tags);
  assertUserTags(`${place}vmTags`, vmTags);
  assertRoomFor(tags, vmTags, place);
  assertExtraVmOptions(`${place}extraVmOptions`, extraVmOptions);
}

function needed(name: string, value: string | undefined, which: string): string {
  if (value !== undefined) return value;
  throw invalid(`AzureVMCluster needs the \`${name}\` option, ${which}.`);
}

/** `East US` is `eastus`. */
export function locationIn(text: string): string {
  return text.replaceAll(" ", "").toLowerCase();
}

function assertNetwork({ publicIp, workerPublicIp, bootstrap, vnet, subnet }: ResolvedAzureOptions): void {
  const outer = networkOf(subnet);
  if (!publicIp && vnet === undefined && outer === undefined) {
    throw invalid(
      "With `publicIp: false` this computer must be inside the cluster's network: give the network in the `vnet` option.",
    );
  }
  if (publicIp && !workerPublicIp && bootstrap && vnet === undefined && outer === undefined) {
    throw invalid(
      "With `workerPublicIp: false` workers cannot reach the Internet from a network of the cluster's own, and so cannot install " +
        "what they need. Give a network with a NAT gateway in the `vnet` option, or set `bootstrap: false` with an image that has " +
        "everything.",
    );
  }
  if (subnet !== undefined && vnet === undefined && outer === undefined) {
    throw invalid(`The \`subnet\` option needs the \`vnet\` option, or must be the subnet's id, got \`"${subnet}"\`.`);
  }
  if (vnet === undefined || outer === undefined) return;
  if (!sameName(vnet, parseId(vnet) === undefined ? nameIn(outer) : outer)) {
    throw contradiction("vnet", vnet, "subnet", subnet);
  }
}

function assertImage(option: string, { id, ...names }: AzureImage): void {
  if (id === undefined || Object.keys(names).length === 0) return;
  throw invalid(
    `The \`${option}\` option names an image by \`id\` or by publisher, offer, sku and version, not by both.`,
  );
}

function assertEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined || endpoint.startsWith("https://")) return;
  throw invalid("The `endpoint` option must begin with https://: Azure's SDK sends no token over a plain connection.");
}

function zonesIn(zones: readonly (string | number)[]): readonly string[] {
  return [...new Set(zones.map(String))];
}

function withoutEmpty(image: AzureImage): AzureImage {
  return Object.fromEntries(Object.entries(image).filter(([, value]) => value !== ""));
}
