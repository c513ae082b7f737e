import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { beforeEach, expect, test, vi } from "vitest";
import { parse } from "yaml";

import { resolveLocalOptions } from "../../../providers/local/options.ts";
import { snakeCase } from "../../../src/options/option-names.ts";
import { faults } from "./fixture.ts";

const TEMPLATE = fileURLToPath(new URL("../../../templates/cloudprovider.yaml", import.meta.url));

beforeEach(() => {
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("DASK_ROOT_CONFIG", "/nonexistent");
});

test("the documented configuration says the defaults", () => {
  const defaults = resolveLocalOptions("local", {});
  vi.stubEnv("DASK_CONFIG", TEMPLATE);
  expect(resolveLocalOptions("local", {})).toStrictEqual(defaults);
});

test("the documented configuration has every option", () => {
  const [line = ""] = faults(() => resolveLocalOptions("local", { "?": 0 } as object));
  const options = line
    .replace(/^.*Known options: /, "")
    .replace(/\.$/, "")
    .split(", ");
  const documented = parse(readFileSync(TEMPLATE, "utf8")) as { cloudprovider: { local: object } };
  expect(Object.keys(documented.cloudprovider.local).sort()).toStrictEqual(options.map(snakeCase).sort());
});
