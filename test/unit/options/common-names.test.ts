import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { resolveEc2Options } from "../../../providers/aws/options/resolved-options.ts";
import { schema as ec2 } from "../../../providers/aws/options/schema.ts";
import { resolveAzureOptions } from "../../../providers/azure/options/resolved-options.ts";
import { schema as azure } from "../../../providers/azure/options/schema.ts";
import { resolveDropletOptions } from "../../../providers/digitalocean/options/resolved-options.ts";
import { schema as digitalocean } from "../../../providers/digitalocean/options/schema.ts";
import { resolveGcpOptions } from "../../../providers/gcp/options/resolved-options.ts";
import { schema as gcp } from "../../../providers/gcp/options/schema.ts";
import { resolveOciOptions } from "../../../providers/oci/options/resolved-options.ts";
import { schema as oci } from "../../../providers/oci/options/schema.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { aliasesIn } from "../../../src/options/aliases.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { kebabCase, snakeCase, variableFor } from "../../../src/options/option-names.ts";
import { faults, folderWith } from "./fixture.ts";

const AZURE = { location: "eastus", resourceGroup: "dask" };

const CLOUDS = [
  {
    section: "ec2",
    schema: ec2,
    resolve: (options: object) => resolveEc2Options("ec2", options),
    types: ["m5.large", "c5.large"],
    aliases: { diskSize: "filesystemSize" },
  },
  {
    section: "gcp",
    schema: gcp,
    resolve: (options: object) => resolveGcpOptions("gcp", options).options,
    types: ["n1-standard-1", "n2-standard-2"],
    aliases: {
      diskSize: "filesystemSize",
      instanceType: "machineType",
      schedulerInstanceType: "schedulerMachineType",
      workerInstanceType: "workerMachineType",
    },
  },
  {
    section: "azure.azurevm",
    schema: azure,
    resolve: (options: object) => resolveAzureOptions("azure.azurevm", { ...AZURE, ...options }).options,
    types: ["Standard_D2s_v5", "Standard_E2s_v5"],
    aliases: {
      diskSize: "filesystemSize",
      instanceType: "vmSize",
      schedulerInstanceType: "schedulerVmSize",
      workerInstanceType: "workerVmSize",
    },
  },
  {
    section: "digitalocean",
    schema: digitalocean,
    resolve: (options: object) => resolveDropletOptions("digitalocean", options).options,
    types: ["c-2", "c-4"],
    aliases: {
      instanceType: "size",
      schedulerInstanceType: "schedulerSize",
      workerInstanceType: "workerSize",
    },
  },
  {
    section: "oci",
    schema: oci,
    resolve: (options: object) => resolveOciOptions("oci", options),
    types: ["VM.Standard.E5.Flex", "VM.Standard3.Flex"],
    aliases: {
      diskSize: "bootVolumeSizeInGBs",
      instanceType: "shape",
      schedulerInstanceType: "schedulerShape",
      tags: "freeformTags",
      workerInstanceType: "workerShape",
    },
  },
] as const;

type Cloud = (typeof CLOUDS)[number];
type Written = Readonly<Record<string, unknown>>;

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function fromFlags({ resolve, schema }: Cloud, options: Written): object {
  const args = Object.entries(options).map(([name, value]) => `--${kebabCase(name)}=${asText(value)}`);
  return resolve(carrying({ flags: parseCommandLine(args, { schema }).flags }));
}

function fromEnvironment({ resolve, section }: Cloud, options: Written): object {
  for (const [name, value] of Object.entries(options)) vi.stubEnv(variableFor(section, name), asText(value));
  return resolve({});
}

function fromYaml({ resolve, section }: Cloud, options: Written): object {
  const inside = Object.fromEntries(Object.entries(options).map(([name, value]) => [snakeCase(name), value]));
  const tree = section.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), inside);
  const folder = folderWith({ "c.yaml": JSON.stringify({ cloudprovider: tree }) });
  vi.stubEnv("DASK_CONFIG", join(folder, "c.yaml"));
  return resolve({});
}

const SOURCES = [
  ["the constructor", ({ resolve }: Cloud, options: Written): object => resolve(options)],
  ["the command line", fromFlags],
  ["the environment", fromEnvironment],
  ["a file", fromYaml],
] as const;

test.each(
  CLOUDS.flatMap((cloud) => SOURCES.map(([source, read]) => ({ cloud, section: cloud.section, source, read }))),
)("$section accepts the names shared by all clouds, and its own aliases, from $source", ({ cloud, read }) => {
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("DASK_ROOT_CONFIG", "/nonexistent");
  const [type, other] = cloud.types;
  const common = { tags: { team: "data" }, diskSize: 77, instanceType: type, schedulerInstanceType: other };
  const aliases: Readonly<Record<string, string>> = cloud.aliases;
  const own = Object.fromEntries(Object.entries(common).map(([name, value]) => [aliases[name] ?? name, value]));
  const meant = { tags: { team: "data" }, diskSize: 77, schedulerInstanceType: other, workerInstanceType: type };
  expect(read(cloud, common)).toMatchObject(meant);
  vi.unstubAllEnvs();
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("DASK_ROOT_CONFIG", "/nonexistent");
  const resolved = read(cloud, own);
  expect(resolved).toMatchObject(meant);
  // Records store the shared names, which are read back unchanged.
  for (const alias of Object.values(aliases)) expect(resolved).not.toHaveProperty(alias);
  vi.unstubAllEnvs();
  expect(cloud.resolve(resolved)).toEqual(resolved);
});

test.each(CLOUDS)(
  "a record of $section with the former names is read",
  ({ resolve, types: [type, other], aliases }) => {
    const named = (name: string): string => (aliases as Readonly<Record<string, string>>)[name] ?? name;
    const recorded = {
      [named("schedulerInstanceType")]: other,
      [named("workerInstanceType")]: type,
      [named("diskSize")]: 50,
    };
    expect(resolve(recorded)).toMatchObject({ schedulerInstanceType: other, workerInstanceType: type, diskSize: 50 });
  },
);

test.each(CLOUDS)("an error of $section names the option as written", ({ resolve, aliases }) => {
  for (const [name, alias] of Object.entries(aliases)) {
    expect(faults(() => resolve({ [alias]: -1 })).join()).toContain(`Expected the \`${alias}\` option to be`);
    expect(faults(() => resolve({ [name]: -1 })).join()).toContain(`Expected the \`${name}\` option to be`);
  }
});

test.each(CLOUDS)("every alias of $section leads to an option that is no alias", ({ schema }) => {
  const aliases = aliasesIn(schema);
  const all = new Set([...aliases.values()].flat());
  expect(aliases.size).toBeGreaterThan(0);
  for (const option of aliases.keys()) {
    expect(Object.keys(schema.shape)).toContain(option);
    expect(all).not.toContain(option);
  }
});
