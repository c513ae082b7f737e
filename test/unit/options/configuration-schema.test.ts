import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";

const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const text = (relative: string): string => readFileSync(path(relative), "utf8");
const TEMPLATE = text("templates/cloudprovider.yaml");
const SCHEMA = JSON.parse(text("docs/schema/cloudprovider.schema.json")) as object;

const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(SCHEMA);

/** The location and kind of a configuration file's error. */
function wrong(yaml: string): readonly string[] {
  validate(parse(yaml));
  return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

test("The documented configuration is valid against the JSON Schema named in its first line", () => {
  expect(wrong(TEMPLATE)).toEqual([]);
  expect(TEMPLATE).toMatch(/^# yaml-language-server: \$schema=\.\.\/docs\/schema\/cloudprovider\.schema\.json\n/);
});

test("The configuration shipped by dask-cloudprovider is valid", () => {
  expect(wrong(text("test/package/dask-cloudprovider.yaml"))).toEqual([]);
});

test.each([
  ["local: {n-workers: 2, env_vars: {OMP_NUM_THREADS: 1}}"],
  ["ec2: {proxy: {http: 'http://p:3128', no_proxy: [.example.com]}, docker_image: 1.5, tags: {cost: 42}}"],
  ["ec2: {iam_instance_profile: {Name: dask}, use_private_ip: true, filesystem_size: 50}"],
  ["azure: {location: eastus, azurevm: {zones: [1, '2'], vm_image: {sku: server}, vm_size: null}}"],
  ["azure: {vm_size: Standard_D2s_v5}"],
  ["gcp: {ngpus: '', projectid: '', instance_properties: {a: [b]}}"],
  ["gcp: {security: {ca: /ca.pem, cert: 'gcp-sm:projects/p-1234/secrets/c', server_name: a.b, tls_min_version: 1.3}}"],
  ["ecs: {whatever: 1}"],
])("Valid, as the loader reads it: %s", (section) => {
  expect(wrong(`cloudprovider: {${section}}\ndistributed: {comm: {}}`)).toEqual([]);
});

test.each([
  ["local: {n_workers: -1}", "/cloudprovider/local/n_workers minimum"],
  ["local: {n_workers: many}", "/cloudprovider/local/n_workers type"],
  ["local: {n_worker: 1}", "/cloudprovider/local additionalProperties"],
  ["local: {nWorkers: 1}", "/cloudprovider/local additionalProperties"],
  ["local: {security: sure}", "/cloudprovider/local/security type"],
  ["local: [n_workers]", "/cloudprovider/local type"],
  ["ec2: {instance_type: large}", "/cloudprovider/ec2/instance_type pattern"],
  ["ec2: {disk_size: 0}", "/cloudprovider/ec2/disk_size minimum"],
  ["ec2: {filesystem_size: 0}", "/cloudprovider/ec2/filesystem_size minimum"],
  ["ec2: {proxy: {noProxy: []}}", "/cloudprovider/ec2/proxy additionalProperties"],
  ["ec2: {security: {ca: /ca.pem, crt: /cert.pem}}", "/cloudprovider/ec2/security additionalProperties"],
  ["ec2: {spot: often}", "/cloudprovider/ec2/spot const"],
  ["gcp: {runtime: podman}", "/cloudprovider/gcp/runtime enum"],
  ["azure: {azurevm: {credential: x}}", "/cloudprovider/azure/azurevm additionalProperties"],
  ["digitalocean: {region: [nyc3]}", "/cloudprovider/digitalocean/region type"],
])("Invalid: %s", (section, where) => {
  expect(wrong(`cloudprovider: {${section}}`)).toContain(where);
});
