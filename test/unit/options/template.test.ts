import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { beforeEach, expect, test, vi } from "vitest";
import { parse } from "yaml";

import { resolveEc2Options } from "../../../providers/aws/options/resolved-options.ts";
import { resolveAzureOptions } from "../../../providers/azure/options/resolved-options.ts";
import { resolveDropletOptions } from "../../../providers/digitalocean/options/resolved-options.ts";
import { resolveGcpOptions } from "../../../providers/gcp/options/resolved-options.ts";
import { resolveLocalOptions } from "../../../providers/local/options/schema.ts";
import { resolveOciOptions } from "../../../providers/oci/options/resolved-options.ts";
import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { snakeCase, withoutUnit } from "../../../src/options/option-names.ts";
import { faults } from "./fixture.ts";

const TEMPLATE = fileURLToPath(new URL("../../../templates/cloudprovider.yaml", import.meta.url));

const PAGE = fileURLToPath(new URL("../../../docs/options.md", import.meta.url));

beforeEach(() => {
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("DASK_ROOT_CONFIG", "/nonexistent");
});

/** Options that cannot have a default. */
const AZURE = { location: "eastus", resourceGroup: "dask" };

const SECTIONS: readonly (readonly [string, (section: string, options: object) => unknown])[] = [
  ["local", resolveLocalOptions],
  ["ec2", resolveEc2Options],
  ["azure.azurevm", (section, options) => resolveAzureOptions(section, { ...AZURE, ...options })],
  ["gcp", resolveGcpOptions],
  ["digitalocean", resolveDropletOptions],
  ["oci", resolveOciOptions],
];

test.each(SECTIONS)("the documented configuration states the defaults of %s", (section, resolve) => {
  const defaults = resolve(section, {});
  vi.stubEnv("DASK_CONFIG", TEMPLATE);
  expect(resolve(section, {})).toStrictEqual(defaults);
});

test.each(SECTIONS)("the documented configuration has every option of %s", (section, resolve) => {
  const [line = ""] = faults(() => resolve(section, { "?": 0 }));
  const options = line
    .replace(/^.*Known options: /, "")
    .replace(/\.$/, "")
    .split(", ")
    // Settable by programs only.
    .filter((option) => option !== "credential");
  const template = readFileSync(TEMPLATE, "utf8");
  const { cloudprovider } = parse(template) as { cloudprovider: Section };
  const [, text = ""] =
    new RegExp(`\n  ${section.split(".")[0]}:\n(.*?)(?=\n  \\w|$(?![^]))`, "su").exec(template) ?? [];
  const aliases = [...text.replaceAll(/\s+# /gu, " ").matchAll(/Also: (.*?)\./gu)].flatMap(
    ([, names = ""]) => names.match(/\w+/gu) ?? [],
  );
  expect([...namesIn(cloudprovider, section.split(".")), ...aliases].sort()).toStrictEqual(
    options.map((option) => snakeCase(withoutUnit(option))).sort(),
  );
});

test("the options page has a row for every option shared by all clouds", () => {
  const rows = readFileSync(PAGE, "utf8").matchAll(/^\| (`\w+`(?:, `\w+`)*) /gmu);
  const listed = new Set([...rows].flatMap(([, names = ""]) => names.replaceAll("`", "").split(", ")));
  const names = Object.keys(vmFields);
  expect(names).toContain("tags");
  expect(names.filter((name) => !listed.has(name))).toEqual([]);
});

type Section = { readonly [name: string]: Section };

/** A section's options, including those of its parent section. */
function namesIn(around: Section, [name = "", ...inner]: readonly string[]): string[] {
  const section = around[name] ?? {};
  const [next] = inner;
  if (next === undefined) return Object.keys(section);
  return [...Object.keys(section).filter((each) => each !== next), ...namesIn(section, inner)];
}
