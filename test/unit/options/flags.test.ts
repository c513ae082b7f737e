import { join } from "node:path";

import { expect, test } from "vitest";
import * as z from "zod";

import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { count, describe, secret, text, textList } from "../../../src/options/fields.ts";
import { exposedSecrets } from "../../../src/options/flags/flag-tree.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";
import { faults, folderWith } from "./fixture.ts";

const SCHEMA = z.object({
  ...clusterFields,
  ...vmFields,
  token: secret(text()).optional(),
  image: z.union([text({ pattern: /^[a-z]/ }), z.int()]).optional(),
  zones: z.array(z.union([text({ pattern: /^[1-9]$/ }), z.int()])).default([]),
  subnetId: z.union([text({ pattern: /^s-/ }), textList({ each: text({ pattern: /^s-/ }) })]).optional(),
  vmImage: z.strictObject({ sku: text().optional(), publisherName: text().optional() }).default({}),
  extra: describe(z.record(z.string(), z.unknown()), { keys: "data" }).default({}),
  size: count().optional(),
});

interface Layers {
  readonly options?: object;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
}

function resolved(args: readonly string[], { options = {}, defaults = {}, env = {}, user = "" }: Layers = {}) {
  const root = folderWith({ "home/.config/dask/c.yaml": user });
  const { flags } = parseCommandLine(args, { schema: SCHEMA });
  return resolveOptions(SCHEMA, {
    section: "ec2",
    options: { ...options, ...carrying({ flags, defaults }) },
    env: { DASK_ROOT_CONFIG: "/nonexistent", ...env },
    home: join(root, "home"),
  });
}

test.each<[string, object]>([
  ["--n-workers 2", { nWorkers: 2 }],
  ["--n-workers=1_000", { nWorkers: 1000 }],
  ["--nWorkers 2 --min_workers 1", { nWorkers: 2, minWorkers: 1 }],
  ["--idle-timeout-ms 90000", { idleTimeoutMs: 90_000 }],
  ["--name 1e3", { name: undefined }],
  ["--python 1e3", { python: "1e3" }],
  ["--python 'x'", { python: "'x'" }],
  ["--public-ip", { publicIp: true }],
  ["--no-public-ip", { publicIp: false }],
  ["--public-ip=false", { publicIp: false }],
  ["--public-ip False", { publicIp: false }],
  ["--spot", { spot: true }],
  ["--spot with-fallback", { spot: "with-fallback" }],
  ["--security=false", { security: false }],
  ["--runtime native", { runtime: "native" }],
  ["--image 123", { image: 123 }],
  ["--image ubuntu", { image: "ubuntu" }],
  ["--allowed-cidrs 10.0.0.0/8", { allowedCidrs: ["10.0.0.0/8"] }],
  ["--allowed-cidrs 10.0.0.0/8 --allowed-cidrs ::1/128", { allowedCidrs: ["10.0.0.0/8", "::1/128"] }],
  ["--allowed-cidrs 10.0.0.0/8,::1/128", { allowedCidrs: ["10.0.0.0/8", "::1/128"] }],
  ["--allowed-cidrs=['10.0.0.0/8','::1/128']", { allowedCidrs: ["10.0.0.0/8", "::1/128"] }],
  ["--extra-bootstrap a,b", { extraBootstrap: ["a,b"] }],
  ["--zones 1 --zones 2", { zones: ["1", "2"] }],
  ["--zones [1,2]", { zones: [1, 2] }],
  ["--subnet-id s-1", { subnetId: "s-1" }],
  ["--subnet-id s-1 --subnet-id s-2", { subnetId: ["s-1", "s-2"] }],
  ["--docker-args=--env=A", { dockerArgs: ["--env=A"] }],
  ["--tags.team=a --tags.cost.center=b", { tags: { team: "a", "cost.center": "b" } }],
  ["--tags.team=007 --tags.on=true", { tags: { team: "007", on: "true" } }],
  ['--tags={"a":"1","b":7} --tags.c=3', { tags: { a: "1", b: "7", c: "3" } }],
  ["--env-vars.A=1 --env-vars.DASK_A__b=None", { envVars: { A: "1", DASK_A__b: "None" } }],
  ["--worker-options.nthreads 2", { workerOptions: { nthreads: 2 } }],
  ["--worker-options.memory-limit 4GiB", { workerOptions: { memoryLimit: "4GiB" } }],
  ["--worker-options.nanny=false", { workerOptions: { nanny: false } }],
  ["--no-worker-options.nanny", { workerOptions: { nanny: false } }],
  ["--worker-options.resources.GPU=2", { workerOptions: { resources: { GPU: 2 } } }],
  ["--worker-options.preload a.py --worker-options.preload b.py", { workerOptions: { preload: ["a.py", "b.py"] } }],
  ["--vm-image.sku s --vm-image.publisher-name p", { vmImage: { sku: "s", publisherName: "p" } }],
  ['--extra={"a":{"b":true,"c":[null]}}', { extra: { a: { b: true, c: [null] } } }],
  ["--extra.a.b=3", { extra: { a: { b: 3 } } }],
  ["--proxy.http=http://p:1", { proxy: { http: "http://p:1" } }],
  ["--proxy http://p:1", { proxy: { http: "http://p:1", https: "http://p:1" } }],
])("%s is parsed by the option's own schema", (line, expected) => {
  if (line.startsWith("--name")) {
    // It stays text, which is not a valid name.
    expect(faults(() => resolved(line.split(" ")))).toEqual([
      expect.stringMatching(/got `"1e3"` \(string\) from --name$/),
    ]);
    return;
  }
  expect(resolved(line.split(" ")).values).toMatchObject(expected);
});

test.each<[string, RegExp]>([
  [
    "--n-workers two",
    /^Expected the `nWorkers` option to be a whole number of at least 0, got `"two"` \(string\) from --n-workers$/,
  ],
  ["--allowed-cidrs 10.0.0.0", /^Expected the `allowedCidrs\[0\]` option to be a range .* from --allowed-cidrs$/],
  ["--public-ip=2", /^Expected the `publicIp` option to be true or false, got `2` \(number\) from --public-ip$/],
  ["--n-workers", /^The option --n-workers needs a value: a whole number of at least 0\.$/],
  ["--env-vars.A", /^The option --env-vars\.A needs a value: a string\.$/],
  ["--no-n-workers", /^The option --no-n-workers is not a switch, so it has no --no- form: it takes a whole number/],
  ["--n-workers 2 --nWorkers 3", /^The option --n-workers is given twice\.$/],
  ["--spot --no-spot", /^The option --spot is given twice\.$/],
  ["--docker-args a --docker-args b", /^The option --docker-args is given twice\.$/],
  ["--n-worker 2", /^Unknown option "--n-worker"\. Did you mean "--n-workers"\?$/],
  ["--no-pubic-ip", /^Unknown option "--no-pubic-ip"\. Did you mean "--public-ip"\?$/],
  ["--protocol tls", /^Unknown option "--protocol"\. Use `security`/],
  ["--vm-image.skew s", /^Unknown option "--vm-image\.skew"\. Known options: publisher-name, sku\.$/],
  ["--token hunter2 --token hunter3", /^The option --token is given twice\.$/],
  [
    "--env-vars hunter2",
    /^Expected the `envVars` option to be a mapping of names to strings, got \[redacted\] \(string\) from --env-vars$/,
  ],
])("%s fails with the option's own error", (line, message) => {
  const lines = faults(() => resolved(line.split(" ")));
  expect(lines).toEqual([expect.stringMatching(message)]);
  expect(lines.join()).not.toContain("hunter");
});

test("Required options can be set on the command line", () => {
  const schema = z.object({ vmSize: text() });
  const options = carrying({ flags: [] });
  expect(faults(() => resolveOptions(schema, { section: "azure", options, env: {}, home: "/nonexistent" }))).toEqual([
    expect.stringMatching(/^The `vmSize` option \(a non-empty string\) is required: give it as --vm-size, in DASK_/),
  ]);
});

test("The command line overrides the constructor, environment and files, and every value names its source", () => {
  const layers = {
    options: { nWorkers: 3, minWorkers: 1, tags: { a: "constructor", b: "constructor" } },
    env: { DASK_CLOUDPROVIDER__EC2__N_WORKERS: "4", DASK_CLOUDPROVIDER__EC2__TAGS__D: "environment" },
    user: "cloudprovider: {ec2: {n-workers: 5, idle-timeout-ms: 9, env-vars: {A: file, B: file}}}",
  };
  const { values, sources } = resolved(
    ["--n-workers=2", "--tags.b=flag", "--env-vars.B=flag", "--idle-timeout-ms=None", "--min-workers=None"],
    layers,
  );
  expect(values).toMatchObject({
    nWorkers: 2,
    tags: { a: "constructor", b: "flag" },
    envVars: { A: "file", B: "flag" },
  });
  expect([values.minWorkers, values.idleTimeoutMs]).toEqual([undefined, 1_200_000]);
  expect(sources).toMatchObject({
    nWorkers: { kind: "flag", flag: "--n-workers" },
    tags: { kind: "flag", flag: "--tags.b" },
    envVars: { kind: "flag", flag: "--env-vars.B" },
    idleTimeoutMs: { kind: "default" },
  });
  expect(resolved([], layers).values).toMatchObject({ nWorkers: 3, tags: { a: "constructor", b: "constructor" } });
});

test("A command's own default applies when no source sets the option", () => {
  const defaults = { nWorkers: 1, unknown: 1 };
  expect(resolved([], { defaults }).values.nWorkers).toBe(1);
  expect(resolved([], { defaults, options: { nWorkers: 0 } }).values.nWorkers).toBe(0);
  expect(resolved([], { defaults, user: "cloudprovider: {ec2: {n-workers: 0}}" }).values.nWorkers).toBe(0);
  expect(resolved(["--n-workers=0"], { defaults }).values.nWorkers).toBe(0);
});

test("A secret on a command line causes a warning with a better place; other values do not", () => {
  const told = (line: string) =>
    exposedSecrets(parseCommandLine(line.split(" "), { schema: SCHEMA }).flags, SCHEMA, "ec2").join("\n");
  expect(told("--token hunter2")).toMatch(
    /^--token holds a secret.* token in a file in ~\/\.config\/dask .* DASK_CLOUDPROVIDER__EC2__TOKEN\.$/,
  );
  expect(told("--env-vars.API_TOKEN=hunter2")).toContain("DASK_CLOUDPROVIDER__EC2__ENV_VARS__API_TOKEN");
  expect(told("--proxy http://me:hunter2@p:1")).toMatch(/^--proxy holds a secret/);
  expect(told('--env-vars={"PASSWORD":"hunter2"}')).toMatch(/^--env-vars holds a secret/);
  expect(told("--token hunter2 --env-vars.API_TOKEN=hunter2")).not.toContain("hunter2");
  expect(told("--proxy http://p:1 --env-vars.OMP_NUM_THREADS=1 --endpoint https://x.test/ --docker-args=-v")).toBe("");
});
