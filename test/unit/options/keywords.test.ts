import { join } from "node:path";

import { expect, test } from "vitest";
import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { count, secret, text } from "../../../src/options/fields.ts";
import { carriedBy, carriedOn, carrying } from "../../../src/options/flags/flags.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";
import { Security } from "../../../src/security/security.ts";
import { faults, folderWith } from "./fixture.ts";

const SCHEMA = z.object({
  ...clusterFields,
  ...vmFields,
  token: secret(text()).optional(),
  vmImage: z.strictObject({ sku: text().optional(), publisherName: text().optional() }).default({}),
  region: text(),
  size: count().optional(),
});

interface Layers {
  readonly options?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
}

function resolved(keywords: Readonly<Record<string, unknown>>, { options = {}, env = {}, user = "" }: Layers = {}) {
  const root = folderWith({ "home/.config/dask/c.yaml": user });
  return resolveOptions(SCHEMA, {
    section: "ec2",
    options: { ...options, ...carrying({ flags: [], keywords: { region: "eu", ...keywords } }) },
    env: { DASK_ROOT_CONFIG: "/nonexistent", ...env },
    home: join(root, "home"),
  });
}

test.each<[string, Readonly<Record<string, unknown>>, object]>([
  ["names", { n_workers: 2, min_workers: 1 }, { nWorkers: 2, minWorkers: 1 }],
  ["None", { n_workers: null, name: null }, { nWorkers: 0 }],
  [
    "variables",
    { env_vars: { A_B: "1", aB: "x", N: 3, T: true, GONE: null } },
    {
      envVars: { A_B: "1", aB: "x", N: "3", T: "True" },
    },
  ],
  [
    "options of Dask",
    { worker_options: { rmm_pool_size: "15GB", resources: { my_GPU: 1 } } },
    {
      workerOptions: { rmmPoolSize: "15GB", resources: { my_GPU: 1 } },
    },
  ],
  [
    "options in an option",
    { vm_image: { sku: "x", publisher_name: "y" } },
    { vmImage: { sku: "x", publisherName: "y" } },
  ],
  ["numbers for text", { name: "a1", region: 7 }, { region: "7" }],
])("keyword arguments of Python are read as Dask's configuration: %s", (_what, keywords, expected) => {
  expect(resolved(keywords).values).toMatchObject(expected);
});

test("a keyword argument wins over the environment and files, and replaces their mappings", () => {
  const user = "cloudprovider: {ec2: {n-workers: 1, min-workers: 1, env-vars: {FROM_FILE: a}}}";
  const env = { DASK_CLOUDPROVIDER__EC2__N_WORKERS: "2", DASK_CLOUDPROVIDER__EC2__SIZE: "9" };
  const { values, sources } = resolved({ n_workers: 3, env_vars: { B: "b" }, size: null }, { env, user });
  expect(values).toMatchObject({ nWorkers: 3, minWorkers: 1, envVars: { B: "b" }, size: 9 });
  expect(sources).toMatchObject({ nWorkers: { kind: "keyword" }, size: { kind: "environment" } });
});

test("a keyword argument wins over the constructor's options", () => {
  expect(resolved({ n_workers: 3 }, { options: { nWorkers: 1, size: 4 } }).values).toMatchObject({
    nWorkers: 3,
    size: 4,
  });
});

test("a Security passes as it is", () => {
  const security = Security.temporary();
  expect(resolved({ security }).values.security).toBe(security);
});

test("errors name the keyword argument, and the nearest one", () => {
  const message = faults(() =>
    resolved({ n_workrs: 1, min_workers: "x", token: 5, nWorkers: 2, vm_image: { skuu: "a" } }),
  );
  expect(message).toMatchInlineSnapshot(`
    [
      "Unknown option "n_workrs" from a keyword argument. Did you mean "n_workers"?",
      "Unknown option "nWorkers" from a keyword argument. Did you mean "n_workers"?",
      "Unknown option "vmImage.skuu" from a keyword argument. Did you mean "sku"?",
      "Expected the \`min_workers\` option to be a whole number of at least 0, got \`"x"\` (string) from a keyword argument",
    ]
  `);
  expect(faults(() => resolved({ region: null }))).toMatchInlineSnapshot(`
    [
      "The \`region\` option (a non-empty string) is required: give it as the keyword argument region, in DASK_CLOUDPROVIDER__EC2__REGION, or as cloudprovider.ec2.region in a YAML file in ~/.config/dask",
    ]
  `);
});

test("what is carried on to an existing cluster is spelled as before", () => {
  const except = ["name"];
  expect(
    carriedBy(carriedOn(carrying({ flags: [], keywords: { name: "a", region: "b" } }), { except }))?.keywords,
  ).toEqual({
    region: "b",
  });
  expect(carriedBy(carriedOn(carrying({ flags: [] }), { except }))?.keywords).toBeUndefined();
});
