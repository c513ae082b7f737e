import { describe, expect, test } from "vitest";
import type * as z from "zod";

import { registry } from "../../../providers/registry.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { exposedSecrets } from "../../../src/options/flags/flag-tree.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { faults } from "./fixture.ts";

const PROVIDERS = await Promise.all(registry.map(async ({ manifest }) => await manifest()));
const CLOUDS = PROVIDERS.filter(({ column }) => column !== undefined);

interface Where {
  readonly section: string;
  readonly schema: z.ZodObject;
  readonly needed: Readonly<Record<string, unknown>>;
}

function resolved(args: readonly string[], { section, schema, needed }: Where, env: Record<string, string> = {}) {
  const { flags } = parseCommandLine(args, { schema });
  return resolveOptions(schema, {
    section,
    options: { ...needed, ...carrying({ flags }) },
    env: { DASK_ROOT_CONFIG: "/nonexistent", ...env },
    home: "/nonexistent",
  }).values;
}

const exposed = (args: readonly string[], { schema, section }: Where): string =>
  exposedSecrets(parseCommandLine(args, { schema }).flags, schema, section).join("\n");

describe.each(PROVIDERS)("--env of $command", (provider) => {
  test("sets a variable, as --env-vars does", () => {
    for (const args of [
      ["--env", "A=b,c", "--env=D=e=f", "--env", "G="],
      ["--env-vars.A=b,c", "--env-vars", "D=e=f", "--env-vars.G="],
    ]) {
      expect(resolved(args, provider)["envVars"]).toEqual({ A: "b,c", D: "e=f", G: "" });
    }
    expect(resolved(["--env", "DASK_A__b=[1]", "--env", "N=007"], provider)["envVars"]).toEqual({
      DASK_A__b: "[1]",
      N: "007",
    });
  });

  test("is merged into other sources", () => {
    const env = { [`DASK_CLOUDPROVIDER__${provider.section.replaceAll(".", "__").toUpperCase()}__ENV_VARS__B`]: "2" };
    expect(resolved(["--env", "A=1", "--env-vars.C=3"], provider, env)["envVars"]).toEqual({ A: "1", B: "2", C: "3" });
  });

  test("without a value takes it from the launcher's environment, and so keeps it off the command line", () => {
    expect(resolved(["--env", "API_TOKEN"], provider, { API_TOKEN: "hunter2" })["envVars"]).toEqual({
      API_TOKEN: "hunter2",
    });
    expect(exposed(["--env", "API_TOKEN"], provider)).toBe("");
    expect(exposed(["--env", "API_TOKEN=hunter2"], provider)).toMatch(
      /^--env API_TOKEN holds a secret.* Better: --env API_TOKEN without a value, /u,
    );
    expect(exposed(["--env", "API_TOKEN=hunter2"], provider)).not.toContain("hunter2");
  });

  test.each<[readonly string[], string | RegExp]>([
    [["--env", "UNSET"], "--env UNSET takes the variable UNSET from this shell, where it is not set."],
    [["--env"], /^The option --env needs a value: NAME=VALUE, or NAME alone/u],
    [["--env", "hunter2!"], /^Expected the option --env to get NAME=VALUE, or the NAME of a variable/u],
    [["--env", "A=hunter2", "--env", "A=hunter2"], "The option --env A is given twice."],
    [["--env", "A=hunter2", "--env-vars.A=hunter2"], "The option --env A is given twice."],
    [["--env", "1A=hunter2"], /^Expected the name `1A` in the `envVars` option to be of letters/u],
    [["--evn", "A=hunter2"], /^Unknown option "--evn"\. Did you mean "--env"\?$/u],
  ])("%j is refused without the value", (args, message) => {
    const lines = faults(() => resolved(args, provider));
    expect(lines).toEqual([typeof message === "string" ? message : expect.stringMatching(message)]);
    expect(lines.join()).not.toContain("hunter");
  });
});

const REFERENCE = "gcp-sm:projects/lab-1234/secrets/token";

describe.each(PROVIDERS)("--env-from of $command", (provider) => {
  test("names where a variable's value is, and a value that looks so stays a value", () => {
    const args = [
      "--env-from",
      `TOKEN=${REFERENCE}`,
      "--env",
      `PLAIN=${REFERENCE}`,
      "--env",
      `JSON={"from": "${REFERENCE}"}`,
    ];
    expect(resolved(args, provider)["envVars"]).toEqual({
      TOKEN: { from: REFERENCE },
      PLAIN: REFERENCE,
      JSON: `{"from": "${REFERENCE}"}`,
    });
  });

  test("is no secret on a command line", () => {
    expect(exposed(["--env-from", `API_TOKEN=${REFERENCE}`], provider)).toBe("");
  });

  test.each<[readonly string[], RegExp]>([
    [["--env-from", "hunter2"], /^Expected the option --env-from to get NAME=REFERENCE, such as TOKEN=gcp-sm:/u],
    [["--env-from"], /^Expected the option --env-from to get NAME=REFERENCE/u],
    [
      ["--env-from", "A=hunter2"],
      /^Expected the `envVars\.A\.from` option to be a reference to a secret \(it names no store: .*\), got \[redacted\] \(string\) from --env-from A$/u,
    ],
    [["--env-from", "A=gcp_sm:hunter2"], /Did you mean gcp-sm:\?\)/u],
    [["--env-from", `A=oci-cert:ocid1.certificate.oc1..hunter2`], /it has a certificate with its key, not a value\)/u],
  ])("%j is refused without the value", (args, message) => {
    const lines = faults(() => resolved(args, provider));
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(lines.join()).not.toContain("hunter");
  });
});

test("variables of the environment and of a program may be references", () => {
  const { section, schema, needed } = PROVIDERS[0] as Where;
  const from = { TOKEN: { from: REFERENCE } };
  const variable = `DASK_CLOUDPROVIDER__${section.replaceAll(".", "__").toUpperCase()}__ENV_VARS`;
  const where = { section, home: "/nonexistent" };
  const none = { DASK_ROOT_CONFIG: "/nonexistent" };
  const byVariable = { ...none, [variable]: `{'TOKEN': {'from': '${REFERENCE}'}}` };
  expect(resolveOptions(schema, { ...where, options: needed, env: byVariable }).values["envVars"]).toEqual(from);
  const options = { ...needed, envVars: from };
  expect(resolveOptions(schema, { ...where, options, env: none }).values["envVars"]).toEqual(from);
});

test("registries take a password or where it is, and no error shows one", () => {
  const { section, schema, needed } = PROVIDERS[0] as Where;
  const resolve = (registries: unknown): unknown =>
    resolveOptions(schema, {
      section,
      options: { ...needed, registries },
      env: { DASK_ROOT_CONFIG: "/nonexistent" },
      home: "/nonexistent",
    }).values["registries"];
  const logins = {
    "ghcr.io": { username: "me", password: { from: "aws-sm:ghcr" } },
    "quay.io/lab": { username: "l", password: "p" },
  };
  expect(resolve(logins)).toEqual(logins);
  for (const wrong of [
    { "ghcr.io": { username: "me", password: { from: "hunter2" } } },
    { "ghcr.io": { username: "me", password: { form: "hunter2" } } },
    { "ghcr.io": "me:hunter2" },
    { "": { username: "me", password: "hunter2" } },
    { "ghcr.io": { username: "me:hunter2", password: "hunter2" } },
  ]) {
    const lines = faults(() => resolve(wrong));
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain("hunter");
  }
});

describe("flags of names with dots", () => {
  const ec2 = PROVIDERS.find(({ command }) => command === "ec2") as Where;
  const login = ["--registries.ghcr.io.username", "me", "--registries.ghcr.io.password.from=aws-sm:dask/ghcr"];

  test("divide a registry's name from what is said of it", () => {
    expect(resolved(login, ec2)["registries"]).toEqual({
      "ghcr.io": { username: "me", password: { from: "aws-sm:dask/ghcr" } },
    });
    const odd = ["username=007", "password=p.q"].map((each) => `--registries.my.password.test:5000/a.b.${each}`);
    expect(resolved(odd, ec2)["registries"]).toEqual({
      "my.password.test:5000/a.b": { username: "007", password: "p.q" },
    });
    expect(resolved(['--registries.quay.io={"username": "me", "password": "p"}'], ec2)["registries"]).toEqual({
      "quay.io": { username: "me", password: "p" },
    });
    expect(resolved(["--workers.gpu.tags.cost.center=a", "--workers.gpu.resources.my.gpu=2"], ec2)).toMatchObject({
      workers: { gpu: { tags: { "cost.center": "a" }, resources: { "my.gpu": 2 } } },
    });
  });

  test("warn of a password, not of where it is", () => {
    expect(exposed(login, ec2)).toBe("");
    const told = exposed(["--registries.ghcr.io.password=hunter2"], ec2);
    expect(told).toMatch(/^--registries\.ghcr\.io\.password holds a secret.* that only you can read\.$/u);
    expect(told).not.toContain("hunter");
  });

  test.each<[string, RegExp]>([
    [
      "--registries.ghcr.io.usrname=hunter2",
      /^Expected the `registries\.ghcr\.io\.usrname` option to be a mapping of username and password, got \[redacted\] \(string\)/u,
    ],
    ["--workers.gpu.instance-typ=a", /^Unknown option "--workers\.gpu\.instance-typ"\. Did you mean/u],
  ])("%s is refused without the value", (arg, message) => {
    const lines = faults(() => resolved([arg], ec2));
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(lines.join()).not.toContain("hunter");
  });
});

test.each(CLOUDS)("--tag of $command sets a tag", (provider) => {
  const args = ["--tag", "team=a,b", "--tag", "cost.center=x=y", "--tags.on=true", "--tags", "empty="];
  expect(resolved(args, provider)["tags"]).toEqual({ team: "a,b", "cost.center": "x=y", on: "true", empty: "" });
  expect(faults(() => resolved(["--tag", "team"], provider))).toEqual(["The option --tag needs a value: NAME=VALUE."]);
});

test("entries of other mappings are written the same way, and mappings as before", () => {
  const [local, ec2] = ["local", "ec2"].map((name) => PROVIDERS.find(({ command }) => command === name) as Where) as [
    Where,
    Where,
  ];
  expect(
    resolved(["--worker-options", "nthreads=2", "--worker-options", "resources.GPU=1"], ec2)["workerOptions"],
  ).toEqual({ nthreads: 2, resources: { GPU: 1 } });
  expect(resolved(['--tags={"a":"b=c"}'], ec2)["tags"]).toEqual({ a: "b=c" });
  expect(resolved(["--tags", "{'a': 'b=c'}"], ec2)["tags"]).toEqual({ a: "b=c" });
  expect(resolved(["--proxy", "http://p:1/?a=b"], ec2)["proxy"]).toMatchObject({ http: "http://p:1/?a=b" });
  expect(faults(() => resolved(["--tag", "a=1"], local))).toEqual([
    expect.stringMatching(/^Unknown option "--tag"\./u),
  ]);
});
