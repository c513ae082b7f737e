import { join } from "node:path";

import { expect, test } from "vitest";
import { z } from "zod";

import {
  count,
  durationMs,
  environmentVariables,
  flag,
  instanceOf,
  oneOf,
  portNumber,
  secret,
  text,
  textList,
} from "../../../src/options/fields.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { faults, folderWith } from "./fixture.ts";

class Security {
  readonly tlsCaFile = "/x";
}

const SCHEMA = z.object({
  nWorkers: count().default(0),
  minWorkers: count({ min: 1, max: 9 }).optional(),
  startTimeoutMs: durationMs().default(1000),
  schedulerPort: portNumber({ min: 0 }).optional(),
  publicIp: flag().default(true),
  runtime: oneOf("docker", "native").default("docker"),
  security: z.union([flag(), instanceOf(Security, "a Security")]).default(true),
  allowedCidrs: textList({ each: text({ pattern: /\//, expected: "a CIDR such as 10.0.0.0/8" }) }).optional(),
  envVars: environmentVariables().default({}),
  token: secret(text()).optional(),
  name: text()
    .refine((name) => !name.endsWith("-"), "a name that does not end in `-`")
    .optional(),
  worker: z.strictObject({ zone: text().optional() }).optional(),
  plain: z.literal(3).optional(),
});

function check(options: object, env: Readonly<Record<string, string>> = {}, home = "/nonexistent"): string[] {
  const quiet = { DASK_ROOT_CONFIG: "/nonexistent", ...env };
  return faults(() => resolveOptions(SCHEMA, { section: "local", options, env: quiet, home }));
}

test.each<[object, string]>([
  [{ nWorkers: -1 }, "Expected the `nWorkers` option to be a whole number of at least 0, got `-1` (number)"],
  [{ nWorkers: 1.5 }, "Expected the `nWorkers` option to be a whole number of at least 0, got `1.5` (number)"],
  [{ nWorkers: "2" }, 'Expected the `nWorkers` option to be a whole number of at least 0, got `"2"` (string)'],
  [{ nWorkers: null }, "Expected the `nWorkers` option to be a whole number of at least 0, got `null`"],
  [{ nWorkers: Number.NaN }, "Expected the `nWorkers` option to be a whole number of at least 0, got `NaN` (number)"],
  [{ nWorkers: 1n }, "Expected the `nWorkers` option to be a whole number of at least 0, got `1` (bigint)"],
  [{ minWorkers: 10 }, "Expected the `minWorkers` option to be a whole number from 1 to 9, got `10` (number)"],
  [
    { startTimeoutMs: 2 ** 31 },
    "Expected the `startTimeoutMs` option to be a whole number of milliseconds from 1 to 2147483647, got `2147483648` (number)",
  ],
  [
    { schedulerPort: 65_536 },
    "Expected the `schedulerPort` option to be a port number from 0 to 65535, got `65536` (number)",
  ],
  [{ publicIp: 0 }, "Expected the `publicIp` option to be true or false, got `0` (number)"],
  [{ runtime: "podman" }, 'Expected the `runtime` option to be "docker" or "native", got `"podman"` (string)'],
  [{ security: new Date(0) }, "Expected the `security` option to be true or false, or a Security, got `Date`"],
  [
    { security: { tlsCaFile: "/x" } },
    "Expected the `security` option to be true or false, or a Security, got `{ tlsCaFile: … }` (object)",
  ],
  [{ allowedCidrs: "::/0" }, 'Expected the `allowedCidrs` option to be a list of strings, got `"::/0"` (string)'],
  [
    { allowedCidrs: ["::/0", "me"] },
    'Expected the `allowedCidrs[1]` option to be a CIDR such as 10.0.0.0/8, got `"me"` (string)',
  ],
  [{ name: "" }, 'Expected the `name` option to be a non-empty string, got `""` (string)'],
  [{ name: "a-" }, 'Expected the `name` option to be a name that does not end in `-`, got `"a-"` (string)'],
  [{ worker: { zone: 1 } }, "Expected the `worker.zone` option to be a non-empty string, got `1` (number)"],
  [{ plain: 4 }, "The `plain` option is not valid (Invalid input: expected 3), got `4` (number)"],
  [{ nWorker: 3 }, 'Unknown option "nWorker". Did you mean "nWorkers"?'],
  [{ n_workers: 3 }, 'Unknown option "n_workers". Did you mean "nWorkers"?'],
  [{ worker: { zonne: "a" } }, 'Unknown option "worker.zonne". Did you mean "zone"?'],
  [
    { colour: 3 },
    'Unknown option "colour". Known options: allowedCidrs, envVars, minWorkers, nWorkers, name, plain, publicIp, runtime, schedulerPort, security, startTimeoutMs, token, worker.',
  ],
  [{ toString: 3 }, 'Unknown option "toString"'],
  [
    { envVars: { "1A": "" } },
    "Expected the name `1A` in the `envVars` option to be of letters, digits and `_`, not starting with a digit",
  ],
  [[], "Expected the options to be an object, got `[]` (array)"],
])("%o: %s", (options, fault) => {
  expect(check(options)).toStrictEqual([expect.stringContaining(fault)]);
});

test("errors name the environment variable that sets the option", () => {
  const variable = "DASK_CLOUDPROVIDER__LOCAL__N_WORKERS";
  expect(check({}, { [variable]: "-1" })).toStrictEqual([
    `Expected the \`nWorkers\` option to be a whole number of at least 0, got \`-1\` (number) from ${variable}`,
  ]);
  expect(check({}, { DASK_CLOUDPROVIDER__LOCAL__NWORKERS: "1" })).toStrictEqual([
    'Unknown option "NWORKERS" from DASK_CLOUDPROVIDER__LOCAL__NWORKERS. Did you mean "N_WORKERS"?',
  ]);
  expect(check({}, { DASK_CLOUDPROVIDER__LOCAL: "3" })).toStrictEqual([
    "Expected the `cloudprovider.local` section to be a mapping, got [redacted] (number) from DASK_CLOUDPROVIDER__LOCAL",
  ]);
});

test("errors name the file", () => {
  const home = folderWith({
    ".config/dask/cloudprovider.yaml":
      "cloudprovider:\n  local:\n    n_workers: many\n    auto_shutdown: true\n    worker: {zonne: 1}\n",
  });
  const file = join(home, ".config/dask/cloudprovider.yaml");
  expect(check({}, {}, home)).toStrictEqual([
    expect.stringMatching(`^Unknown option "auto_shutdown" from ${file}\\. Known options: .*n_workers`),
    `Unknown option "worker.zonne" from ${file}. Did you mean "zone"?`,
    `Expected the \`nWorkers\` option to be a whole number of at least 0, got \`"many"\` (string) from ${file}`,
  ]);
  expect(
    check({ nWorkers: -2, worker: { zone: 3 } }, {}, home)
      .slice(2)
      .join("\n"),
  ).not.toContain(file);
});

test("all errors are reported at once", () => {
  expect(check({ nWorkers: -1, runtim: "docker", publicIp: "yes" })).toHaveLength(3);
});

test("a missing required option lists the three ways to set it", () => {
  const schema = z.object({ resourceGroup: text() });
  expect(
    faults(() =>
      resolveOptions(schema, {
        section: "azure.azurevm",
        env: { DASK_ROOT_CONFIG: "/nonexistent" },
        home: "/nonexistent",
      }),
    ),
  ).toStrictEqual([
    "The `resourceGroup` option (a non-empty string) is required: give it to the constructor, in DASK_CLOUDPROVIDER__AZURE__AZUREVM__RESOURCE_GROUP, or as cloudprovider.azure.azurevm.resource_group in a YAML file in ~/.config/dask",
  ]);
});

test("a rule about several options has its own message", () => {
  const schema = z
    .object({ minWorkers: count().default(3), nWorkers: count().default(2) })
    .refine((options) => options.minWorkers <= options.nWorkers, "minWorkers is more than nWorkers.");
  expect(
    faults(() =>
      resolveOptions(schema, { section: "local", env: { DASK_ROOT_CONFIG: "/nonexistent" }, home: "/nonexistent" }),
    ),
  ).toStrictEqual(["minWorkers is more than nWorkers."]);
});

test.each<[string, object, Readonly<Record<string, string>>]>([
  ["a token of the wrong type", { token: 424_242 }, {}],
  ["a token in a list", { token: ["424242"] }, {}],
  ["a token from the environment", {}, { DASK_CLOUDPROVIDER__LOCAL__TOKEN: "{'a': '424242'}" }],
  ["an environment variable's value", { envVars: { TOKEN: 424_242 } }, {}],
  ["an environment variable's value in a dict", {}, { DASK_CLOUDPROVIDER__LOCAL__ENV_VARS: "{'TOKEN': ['424242']}" }],
  ["an environment variable with a bad name", { envVars: { "1A": "424242" } }, {}],
  ["all environment variables in one string", { envVars: "TOKEN=424242" }, {}],
  ["a value inside an object", { nWorkers: { token: "424242" } }, {}],
  ["an unknown option's value", { tokens: "424242" }, {}],
  ["a misplaced PEM", { runtime: "-----BEGIN PRIVATE KEY-----\n424242" }, {}],
])("%s is redacted", (_, options, env) => {
  const lines = check(options, env);
  expect(lines).toHaveLength(1);
  expect(lines.join("\n")).not.toContain("424242");
});
