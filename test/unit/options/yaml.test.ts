import { expect, test } from "vitest";
import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { parsePythonYaml } from "../../../src/options/python-yaml.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { faults, folderWith } from "./fixture.ts";

const schema = z.object(vmFields);

function resolve(section: string, options: object = {}): z.output<typeof schema> {
  const yaml = `cloudprovider:\n  cloud:\n${section.replaceAll(/^/gmu, "    ")}\n`;
  const home = folderWith({ ".config/dask/cloudprovider.yaml": yaml });
  return resolveOptions(schema, { section: "cloud", options, env: {}, home }).values;
}

const KEYS = [
  "Y",
  "y",
  "n",
  "N",
  "on",
  "ON",
  "off",
  "yes",
  "No",
  "true",
  "null",
  "~",
  "1",
  "010",
  "0x10",
  "1.10",
  "1e3",
];

test.each(["tags", "env_vars"])("Names in %s stay strings, whatever YAML would make of them", (option) => {
  const names =
    option === "tags" ? [...KEYS, "2024-01-01", "12:30", "1_000"] : KEYS.filter((name) => /^[a-z]/i.test(name));
  const values = resolve(`${option}: {${names.map((name, index) => `${name}: "v${index}"`).join(", ")}}`);
  const expected = Object.fromEntries(names.map((name, index) => [name, `v${index}`]));
  expect(option === "tags" ? values.tags : values.envVars).toEqual(expected);
});

test("Names of resources stay strings, their amounts are numbers", () => {
  const { workerOptions } = resolve("worker_options: {resources: {Y: 1, on: 2, 7: 3.5}, nthreads: 2}");
  expect(workerOptions).toEqual({ resources: { Y: 1, on: 2, 7: 3.5 }, nthreads: 2 });
});

test("String values stay as written, next to values of other types", () => {
  expect(resolve("tags: {country: no, since: 2024-01-01, on: off, n: 010, half: 1.50}").tags).toEqual({
    country: "no",
    since: "2024-01-01",
    on: "off",
    n: "010",
    half: "1.50",
  });
  expect(
    resolve("worker_options: {since: 2024-01-01, nthreads: 2, nanny: no, memory_limit: 1e9}").workerOptions,
  ).toEqual({ since: "2024-01-01", nthreads: 2, nanny: false, memoryLimit: "1e9" });
  expect(resolve("extra_bootstrap: [yes, no]").extraBootstrap).toEqual(["yes", "no"]);
});

test("Merged and repeated keys work as in PyYAML", () => {
  const text = "tags: {<<: {on: a, b: c}, 010: x, 8: y}\nenv_vars: &same {ON: a}\nscheduler_options: {<<: *same}";
  const { tags, envVars, schedulerOptions } = resolve(text);
  expect([tags, envVars, schedulerOptions]).toEqual([
    { on: "a", b: "c", "010": "x", 8: "y" },
    { ON: "a" },
    { ON: "a" },
  ]);
});

// The results of PyYAML 6's yaml.safe_load.
test.each([
  ["y", "y"],
  ["N", "N"],
  ["on", true],
  ["No", false],
  ["1e3", "1e3"],
  ["1.0e+3", 1000],
  ["0o17", "0o17"],
  ["010", 8],
  ["08", "08"],
  ["1:30", 90],
  ["1_000", 1000],
  ["-0x1f", -31],
  ["+.5", "+.5"],
  [".5", 0.5],
  ["~", null],
])("%s is read as Python reads it: %j", (text, value) => {
  expect(parsePythonYaml(`- ${text}`).value).toEqual([value]);
});

test.each([
  ["n_workers: no", '`nWorkers` option to be a whole number of at least 0, got `"no"` read as `false` (boolean)'],
  ["n_workers: 1.5", "`nWorkers` option to be a whole number of at least 0, got `1.5` (number)"],
  ["n_workers: 1:30.5", 'got `"1:30.5"` read as `90.5` (number)'],
  ["public_ip: Y", '`publicIp` option to be true or false, got `"Y"` (string)'],
  [
    "allowed_cidrs: [no]",
    '`allowedCidrs[0]` option to be a range of addresses in CIDR notation, such as "203.0.113.7/32", got `"no"` read as `false` (boolean)',
  ],
  ["env_vars: {A: [hunter2]}", "`envVars.A` option to be a string, got [redacted] (array)"],
])("An error shows what was written and what was read: %s", (text, message) => {
  expect(faults(() => resolve(text))).toEqual([expect.stringContaining(message)]);
});
