import { join } from "node:path";

import { expect, test } from "vitest";
import { z } from "zod";

import { configPaths } from "../../../src/options/config-files.ts";
import { count, environmentVariables, flag, text, textList, textRecord } from "../../../src/options/fields.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { faults, folderWith } from "./fixture.ts";

const SCHEMA = z.object({
  nWorkers: count().default(0),
  name: text({ empty: true }).optional(),
  publicIp: flag().default(true),
  tags: textRecord().default({}),
  envVars: environmentVariables().default({}),
  allowedCidrs: textList().optional(),
  workerOptions: z.record(z.string(), z.union([z.string(), z.number(), z.record(z.string(), z.number())])).default({}),
  worker: z.object({ memoryGb: z.number().optional(), zone: text().optional() }).optional(),
});

interface Layers {
  readonly options?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly system?: string;
  readonly extra?: string;
  readonly section?: string;
}

function resolved({ options, env = {}, user = "", system = "", extra, section = "local" }: Layers) {
  const root = folderWith({
    "home/.config/dask/cloudprovider.yaml": user,
    "etc/dask/anything.yaml": system,
    ...(extra === undefined ? {} : { "work/extra.txt": extra }),
  });
  const chosen = extra === undefined ? {} : { DASK_CONFIG: "extra.txt" };
  return resolveOptions(SCHEMA, {
    section,
    options,
    env: { DASK_ROOT_CONFIG: join(root, "etc/dask"), ...chosen, ...env },
    home: join(root, "home"),
    cwd: join(root, "work"),
  });
}

const yaml = (n: number): string => `cloudprovider: {local: {n-workers: ${n}}}`;
const N_WORKERS = "DASK_CLOUDPROVIDER__LOCAL__N_WORKERS";

test.each<[string, Layers, number]>([
  ["the default", {}, 0],
  ["the system's file over the default", { system: yaml(1) }, 1],
  ["the user's file over the system's", { system: yaml(1), user: yaml(2) }, 2],
  ["DASK_CONFIG over the user's file", { user: yaml(2), extra: yaml(3) }, 3],
  ["the environment over files", { extra: yaml(3), env: { [N_WORKERS]: "4" } }, 4],
  ["the constructor over the environment", { env: { [N_WORKERS]: "4" }, options: { nWorkers: 5 } }, 5],
  ["zero in the constructor", { env: { [N_WORKERS]: "4" }, options: { nWorkers: 0 } }, 0],
  ["undefined in the constructor is absent", { env: { [N_WORKERS]: "4" }, options: { nWorkers: undefined } }, 4],
  ["None in the environment resets to the default", { user: yaml(2), env: { [N_WORKERS]: "None" } }, 0],
  ["null in a file is absent", { user: "cloudprovider: {local: {n_workers: null}}" }, 0],
  ["snake and kebab case are one key", { system: yaml(1), user: "cloudprovider: {local: {n_workers: 2}}" }, 2],
  ["other sections are ignored", { user: "cloudprovider: {ec2: {n_workers: 2, ami: x}}" }, 0],
  [
    "an inner section over the outer one",
    { section: "a.b", user: "cloudprovider: {a: {n_workers: 1, b: {n_workers: 2}}}" },
    2,
  ],
  [
    "an outer section if the inner one lacks the option",
    { section: "a.b", user: "cloudprovider: {a: {n_workers: 1, b: null}}" },
    1,
  ],
])("%s", (_, layers, nWorkers) => {
  expect(resolved(layers).values.nWorkers).toBe(nWorkers);
});

test("every option names its source", () => {
  const { sources } = resolved({
    user: "cloudprovider: {local: {name: a}}",
    env: { [N_WORKERS]: "4" },
    options: { publicIp: false },
  });
  expect(sources).toMatchObject({
    nWorkers: { kind: "environment", variable: N_WORKERS },
    publicIp: { kind: "constructor" },
    tags: { kind: "default" },
    name: { kind: "file", path: expect.stringMatching(/home\/\.config\/dask\/cloudprovider\.yaml$/) },
  });
});

test("files and environment are merged inside a mapping, the constructor replaces it", () => {
  const layers = {
    system: "cloudprovider: {local: {tags: {a: 1.10, b: x, c: null}}}",
    user: "cloudprovider: {local: {tags: {b: yes}}}",
    env: { DASK_CLOUDPROVIDER__LOCAL__TAGS__D: "1e3" },
  };
  expect(resolved(layers).values.tags).toStrictEqual({ a: "1.10", b: "yes", d: "1e3" });
  expect(resolved({ ...layers, options: { tags: { z: "1" } } }).values.tags).toStrictEqual({ z: "1" });
});

test("names of environment variables keep their case and their double underscores", () => {
  const env = {
    DASK_CLOUDPROVIDER__LOCAL__ENV_VARS__OMP_NUM_THREADS: "1",
    DASK_CLOUDPROVIDER__LOCAL__ENV_VARS__DASK_DISTRIBUTED__LOGGING: "debug",
  };
  expect(resolved({ env }).values.envVars).toStrictEqual({ OMP_NUM_THREADS: "1", DASK_DISTRIBUTED__LOGGING: "debug" });
  expect(resolved({ env: { DASK_CLOUDPROVIDER__LOCAL__ENV_VARS: "{'A': 7}" } }).values.envVars).toStrictEqual({
    A: "7",
  });
});

test("strings that look like other types stay as written", () => {
  const name = (raw: string) => resolved({ env: { DASK_CLOUDPROVIDER__LOCAL__NAME: raw } }).values.name;
  expect([name("1e3"), name("007"), name("'q'"), name(""), name("True"), name("a b")]).toStrictEqual([
    "1e3",
    "007",
    "q",
    "",
    "True",
    "a b",
  ]);
  expect(resolved({ user: "cloudprovider: {local: {name: 010}}" }).values.name).toBe("010");
});

test("lists and nested options can be set by the environment", () => {
  const { values } = resolved({
    env: {
      DASK_CLOUDPROVIDER__LOCAL__ALLOWED_CIDRS: "['10.0.0.0/8', '::1/128']",
      DASK_CLOUDPROVIDER__LOCAL__WORKER__MEMORY_GB: "1.5",
      DASK_CLOUDPROVIDER__LOCAL__WORKER__ZONE: "1",
    },
  });
  expect(values.allowedCidrs).toStrictEqual(["10.0.0.0/8", "::1/128"]);
  expect(values.worker).toStrictEqual({ memoryGb: 1.5, zone: "1" });
});

test("option names inside a mapping become camel case, and data keys stay as written", () => {
  const user =
    "cloudprovider: {local: {worker-options: {memory-limit: 4 GB, resources: {GPU_mem: 2}}, tags: {cost-center: a, cost_type: b}}}";
  const env = { DASK_CLOUDPROVIDER__LOCAL__WORKER_OPTIONS__DEATH_TIMEOUT: "60" };
  const { values } = resolved({ user, env });
  expect(values.workerOptions).toStrictEqual({ memoryLimit: "4 GB", resources: { GPU_mem: 2 }, deathTimeout: 60 });
  expect(values.tags).toStrictEqual({ "cost-center": "a", cost_type: "b" });
});

test("a malformed file fails without showing its content, and only if it concerns clusters", () => {
  const broken = "a: [s3cret\nb: s3cret: x\n";
  expect(faults(() => resolved({ user: broken }))).toStrictEqual([]);
  const [fault, ...others] = faults(() => resolved({ user: `# cloudprovider\n${broken}` }));
  expect(others).toStrictEqual([]);
  expect(fault).toMatch(/^The Dask configuration file .*\/cloudprovider\.yaml is malformed: .* at line 3, column 1$/);
  expect(fault).not.toContain("s3cret");
  expect(faults(() => resolved({ user: "- cloudprovider" }))).toStrictEqual([
    expect.stringContaining("a mapping is expected"),
  ]);
});

test("configuration folders follow Dask's order, each once", () => {
  const places = { home: "/home/u", cwd: "/work" };
  expect(configPaths({ ...places, env: {} })).toStrictEqual(["/etc/dask", "/home/u/.config/dask"]);
  expect(configPaths({ ...places, env: { DASK_ROOT_CONFIG: "/r", DASK_CONFIG: "c.yaml" } })).toStrictEqual([
    "/r",
    "/home/u/.config/dask",
    "/work/c.yaml",
  ]);
  expect(configPaths({ ...places, env: { DASK_CONFIG: "/etc/dask" } })).toStrictEqual([
    "/home/u/.config/dask",
    "/etc/dask",
  ]);
});
