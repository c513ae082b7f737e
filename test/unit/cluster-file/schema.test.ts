import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { registry } from "../../../providers/registry.ts";
import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { documentedOptions } from "../../../src/options/documented.ts";
import { kebabCase } from "../../../src/options/option-names.ts";

const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const SCHEMA = JSON.parse(readFileSync(path("docs/schema/cluster.schema.json"), "utf8")) as {
  readonly definitions: Readonly<
    Record<string, { readonly properties: Readonly<Record<string, { readonly description: string }>> }>
  >;
};
const validate = new Ajv({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
}).compile(SCHEMA);

function faults(yaml: string): readonly string[] {
  validate(parse(yaml));
  return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

test("The example is valid, names the schema in its first line, and is read", async () => {
  const example = readFileSync(path("examples/cluster.yaml"), "utf8");
  expect(example).toMatch(/^# yaml-language-server: \$schema=\.\.\/docs\/schema\/cluster\.schema\.json\n/u);
  expect(faults(example)).toEqual([]);
  const file = await readClusterFile(path("examples/cluster.yaml"), { env: {} });
  expect(file).toMatchObject({ provider: "ec2", name: "training", notes: [] });
});

test("The example of worker groups is valid, and starts them", async () => {
  const example = readFileSync(path("examples/groups.yaml"), "utf8");
  expect(faults(example)).toEqual([]);
  const file = await readClusterFile(path("examples/groups.yaml"), { env: {} });
  const { options } = EC2Cluster.definition.resolve(file.options);
  expect(options.groups).toMatchObject([
    { name: "cpu", size: 2, maximum: 20, options: { workerInstanceType: "c7i.2xlarge", spot: "with-fallback" } },
    { name: "gpu", size: 0, maximum: 4, options: { diskSize: 100, workerOptions: { resources: { GPU: 1 } } } },
  ]);
});

test("Names in a worker group are spelled in three ways, as at the top level", () => {
  const names = (name: string): string => `provider: ec2\nworkers: { gpu: { ${name}: g6.xlarge } }\n`;
  for (const name of ["instance-type", "instance_type", "instanceType"]) expect(faults(names(name))).toEqual([]);
  expect(faults(names("instance-typ"))).not.toEqual([]);
});

test("The schema has every option of every provider, with its description", async () => {
  for (const { command, manifest } of registry) {
    const { schema } = await manifest();
    const options = documentedOptions(schema).filter(({ programOnly }) => !programOnly);
    const properties = SCHEMA.definitions[command]?.properties ?? {};
    expect(Object.keys(properties)).toEqual(
      expect.arrayContaining(options.flatMap(({ name, textName }) => [kebabCase(name), kebabCase(textName)])),
    );
    for (const { name } of options) expect(properties[kebabCase(name)]?.description).toMatch(/\S/u);
  }
});

test.each([
  ["provider: local"],
  ["provider: local\nworkers: { cpu: {}, gpu: { minimum: 1, count: '${N}' } }"],
  ["provider: aws\ninstanceType: m6i.large\nworkers: 4\nrun: python train.py"],
  ["provider: ec2\nregion: ${AWS_REGION}\nworkers: ${N}\ndisk_size: ${D}\nspot: true"],
  [
    "provider: azure\nvm-size: Standard_D2s_v5\nvm-image: { sku: server }\nproxy: { http: 'http://p:1', no-proxy: [a] }",
  ],
  [
    "provider: ec2\nsecurity: { ca: ca.pem, cert: 'aws-sm:a', key: '${K}', client: { cert: c, key: k }, server-name: a.b }",
  ],
  ["profile: team\nworkers: { cpu: { count: 2, maximum: 4, spot: true, env-vars: { A: 1 } } }"],
  ["name: a-b\nregion: nyc3\nfiles: [a, b]\nrun: { command: [a, 1], env: { A: 1 }, where: cluster }"],
  ["provider: ec2\nmaxLifetime: 4h\nidle_timeout: never\ndisk-size: 100GB\nstart-timeout-ms: 1000"],
  ["provider: gcp\nzones: [us-central1-a, us-central1-b]\nname: ~"],
])("Valid: %s", (yaml) => {
  expect(faults(yaml)).toEqual([]);
});

test.each([
  ["provider: ec3", "/provider"],
  ["provider: ec2\nregoin: x", " additionalProperties"],
  ["provider: local\nregion: x", " additionalProperties"],
  ["provider: ec2\ninstance-type: large", "/instance-type"],
  ["provider: ec2\nworkers: -1", "/workers"],
  ["provider: ec2\nworkers: { cpu: { cuont: 1 } }", "/workers/cpu additionalProperties"],
  ["provider: ec2\nworkers: {}", "/workers minProperties"],
  ["provider: ec2\nrun: { command: x, where: there }", "/run/where enum"],
  ["provider: ec2\nmax-lifetime: soon", "/max-lifetime"],
  ["provider: ec2\nmax-lifetime: 4", "/max-lifetime"],
  ["provider: azure\ncredential: x", " additionalProperties"],
  ["- provider", " type"],
])("Invalid: %s", (yaml, where) => {
  expect(faults(yaml).some((fault) => fault.startsWith(where))).toBe(true);
});
