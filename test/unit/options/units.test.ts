import { join } from "node:path";

import { describe, expect, test } from "vitest";
import * as z from "zod";

import { registry } from "../../../providers/registry.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { gibibytes } from "../../../src/options/fields.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { kebabCase, snakeCase, variableFor, withoutUnit } from "../../../src/options/option-names.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { wordsOf } from "../../../src/options/schema-walk.ts";
import { faults, folderWith } from "./fixture.ts";

const SCHEMA = z.object({ ...vmFields, diskSize: gibibytes({ min: 10, max: 4096 }).default(50) });
const PROVIDERS = await Promise.all(registry.map(async ({ manifest }) => await manifest()));

interface Layers {
  readonly schema?: z.ZodObject;
  readonly section?: string;
  readonly line?: string;
  readonly options?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly yaml?: string;
}

function resolved({ schema = SCHEMA, section = "ec2", line = "", options = {}, env = {}, yaml = "" }: Layers) {
  const root = folderWith({ "home/.config/dask/c.yaml": yaml });
  const { flags } = parseCommandLine(line === "" ? [] : line.split(" "), { schema });
  return resolveOptions(schema, {
    section,
    options: { ...options, ...carrying({ flags }) },
    env: { DASK_ROOT_CONFIG: "/nonexistent", ...env },
    home: join(root, "home"),
  }).values;
}

/** The same text in each source of texts. */
const everywhere = (option: string, text: string): readonly Layers[] => [
  { line: `--${kebabCase(option)} ${text}` },
  { line: `--${option}=${text}` },
  { line: `--${snakeCase(option)}=${text}` },
  { env: { [variableFor("ec2", option)]: text } },
  { yaml: `cloudprovider: {ec2: {${kebabCase(option)}: ${text}}}` },
  { yaml: `cloudprovider: {ec2: {${snakeCase(option)}: "${text}"}}` },
];

describe.each<[string, string, unknown]>([
  ["maxLifetime", "4h", 14_400_000],
  ["maxLifetimeMs", "4h", 14_400_000],
  ["maxLifetime", "1d", 86_400_000],
  ["idleTimeout", "1h30m", 5_400_000],
  ["idleTimeout", "0", 0],
  ["idleTimeout", "never", 0],
  ["idleTimeoutMs", "never", 0],
  ["maxLifetime", "never", undefined],
  ["pollInterval", "500ms", 500],
  ["diskSize", "100GB", 100],
  ["diskSize", "1TiB", 1024],
])("%s: %s", (option, text, value) => {
  test.each(everywhere(option, text))("is read in %j", (layers) => {
    const name = option === "diskSize" ? option : `${withoutUnit(option)}Ms`;
    expect(resolved(layers)[name]).toBe(value);
    if (name !== option) expect(resolved(layers)).not.toHaveProperty(option);
  });
});

test.each<[Layers, number]>([
  [{ line: "--idle-timeout-ms 90000" }, 90_000],
  [{ env: { DASK_CLOUDPROVIDER__EC2__IDLE_TIMEOUT_MS: "90_000" } }, 90_000],
  [{ yaml: "cloudprovider: {ec2: {idle_timeout_ms: 90000}}" }, 90_000],
  [{ options: { idleTimeoutMs: 90_000 } }, 90_000],
])("%j: a plain number is milliseconds where the name says so", (layers, ms) => {
  expect(resolved(layers)["idleTimeoutMs"]).toBe(ms);
});

const REFUSED =
  "Expected the `idleTimeout` option to be a duration with its unit, such as 90s, 90m or 90h, got `90` (number) from";

test.each<[Layers, string | RegExp]>([
  [{ line: "--idle-timeout 90" }, `${REFUSED} --idle-timeout`],
  [{ env: { DASK_CLOUDPROVIDER__EC2__IDLE_TIMEOUT: "90" } }, `${REFUSED} DASK_CLOUDPROVIDER__EC2__IDLE_TIMEOUT`],
  [
    { yaml: "cloudprovider: {ec2: {idle-timeout: 90}}" },
    /such as 90s, 90m or 90h, got `90` \(number\) from \/.*c\.yaml$/,
  ],
  [{ yaml: 'cloudprovider: {ec2: {idle-timeout: "90"}}' }, /such as 90s, 90m or 90h, got `"90"` \(string\)/],
  [{ line: "--idle-timeout 1200000" }, /such as 1200000ms \(20m\) or 1200000s \(13d21h20m\), got/],
  [{ line: "--idle-timeout soon" }, /to be 0 \(never\) or a duration such as 20m, up to 24d, got `"soon"` \(string\)/],
  [{ line: "--idle-timeout 30d" }, /up to 24d, got `"30d"`/],
  [{ line: "--idle-timeout-ms soon" }, /duration such as 20m, up to 24d, or whole milliseconds, got `"soon"`/],
  [{ line: "--max-lifetime 500ms" }, /to be a duration such as 20m, from 1s to 24d, got `"500ms"` \(string\) from/],
  [{ line: "--max-lifetime-ms 500ms" }, /or whole milliseconds, got `"500ms"` read as `500` \(number\)/],
  [{ line: "--start-timeout never" }, /to be a duration such as 20m, up to 24d, got `"never"`/],
  [{ line: "--idle-timeout" }, /^The option --idle-timeout needs a value: 0 \(never\) or a duration such as 20m/],
  // To Python, `1:30` is ninety.
  [{ yaml: "cloudprovider: {ec2: {idle-timeout: 1:30}}" }, /duration such as 20m, up to 24d, got `"1:30"` \(string\)/],
  [{ yaml: "cloudprovider: {ec2: {idle-timeout-ms: 1:30}}" }, /or whole milliseconds, got `"1:30"` \(string\)/],
  [{ yaml: "cloudprovider: {ec2: {idle-timeout-ms: 010}}" }, /or whole milliseconds, got `"010"` \(string\)/],
  [{ yaml: "cloudprovider: {ec2: {idle-timeout: 4e3}}" }, /duration such as 20m, up to 24d, got `"4e3"` \(string\)/],
  [
    { yaml: "cloudprovider: {ec2: {disk-size: 1:30}}" },
    /size such as 50GB, or a whole number from 10 to 4096 GB, got `"1:30"`/,
  ],
  [{ line: "--disk-size 5TB" }, /from 10 to 4096 GB, got `"5TB"` read as `5120` \(number\) from --disk-size$/],
  [{ line: "--disk-size 50.5GB" }, /a size such as 50GB, or .*got `"50.5GB"` \(string\)/],
  [
    { options: { idleTimeoutMs: "20m" } },
    /to be 0 \(never\) or a whole number of milliseconds up to 2147483647, got `"20m"`/,
  ],
  [
    { options: { idleTimeout: "20m" } },
    'Unknown option "idleTimeout". In a program it is "idleTimeoutMs", in milliseconds.',
  ],
])("%j is refused in words that name the fix", (layers, message) => {
  const lines = faults(() => resolved(layers));
  expect(lines).toEqual([typeof message === "string" ? message : expect.stringMatching(message)]);
});

test("two names of one duration from the same source that contradict each other are an error", () => {
  const both = (a: string, b: string): string => `cloudprovider: {ec2: {max-lifetime-ms: ${a}, max_lifetime: ${b}}}`;
  expect(resolved({ yaml: both("14400000", "4h") })["maxLifetimeMs"]).toBe(14_400_000);
  expect(faults(() => resolved({ yaml: both("1000", "4h") }))).toEqual([
    'The options `maxLifetimeMs: 1000` and `maxLifetime: "4h"` contradict each other: give one of them.',
  ]);
  expect(faults(() => resolved({ line: "--max-lifetime 4h --max-lifetime-ms 1000" })).join()).toContain("contradict");
});

test("the most important source wins, by whichever name", () => {
  const yaml = "cloudprovider: {ec2: {max_lifetime_ms: 1000, idle_timeout: 1h}}";
  const env = { DASK_CLOUDPROVIDER__EC2__MAX_LIFETIME: "2s" };
  expect(resolved({ yaml, env })["maxLifetimeMs"]).toBe(2000);
  expect(resolved({ yaml, env, options: { maxLifetimeMs: 3000 } })["maxLifetimeMs"]).toBe(3000);
  expect(resolved({ yaml, env, options: { maxLifetimeMs: 3000 }, line: "--max-lifetime 4s" })["maxLifetimeMs"]).toBe(
    4000,
  );
  expect(resolved({ yaml, env, line: "--max-lifetime never" })["maxLifetimeMs"]).toBeUndefined();
  expect(resolved({ yaml, env, line: "--max-lifetime=None" })["maxLifetimeMs"]).toBeUndefined();
  expect(resolved({ yaml, line: "--idle-timeout=None" })["idleTimeoutMs"]).toBe(1_200_000);
});

test.each(PROVIDERS)(
  "every duration of $command takes a unit, and has its unit in its name",
  ({ schema, section, needed }) => {
    const durations = Object.entries(schema.shape).filter(([, field]) => wordsOf(field).unit === "ms");
    expect(durations.map(([name]) => name)).toEqual(Object.keys(schema.shape).filter((name) => name.endsWith("Ms")));
    expect(durations.length).toBeGreaterThan(5);
    for (const [name] of durations) {
      for (const written of [name, withoutUnit(name)]) {
        const line = { schema, section, options: needed, line: `--${kebabCase(written)} 1m30s` };
        expect([written, resolved(line)[name]]).toEqual([written, 90_000]);
        const env = { [variableFor(section, written)]: "2 minutes" };
        expect([written, resolved({ schema, section, options: needed, env })[name]]).toEqual([written, 120_000]);
      }
    }
  },
);

test.each(PROVIDERS.filter(({ column }) => column !== undefined))("the disk of $command takes a unit", (provider) => {
  const { schema, section, needed } = provider;
  const names = Object.keys(schema.shape).filter((name) => wordsOf(schema.shape[name] as z.ZodType).unit === "GiB");
  expect(names).toContain("diskSize");
  for (const name of names) {
    const line = `--${kebabCase(name)} 1TB`;
    expect(resolved({ schema, section, options: needed, line })["diskSize"]).toBe(1024);
  }
});
