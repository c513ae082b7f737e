import { join } from "node:path";

import { Ajv } from "ajv";
import { expect, test } from "vitest";
import * as z from "zod";

import { manifest } from "../../../providers/local/manifest.ts";
import { schema as local } from "../../../providers/local/options/schema.ts";
import { configurationSchema } from "../../../scripts/lib/options/json-schema.ts";
import { tableOf } from "../../../scripts/lib/options/tables.ts";
import { sectionText } from "../../../scripts/lib/options/template.ts";
import { typeText } from "../../../scripts/lib/options/type-text.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { aliasOf, describe as about, durationMs, text } from "../../../src/options/fields.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { faults, folderWith } from "./fixture.ts";

/** As a contributor adds an option to a cluster: one field, here with an alias. */
const FIELDS = {
  coffeeBreakMs: about(durationMs({ max: 90_000 }).default(60_000), {
    description: "How long each `nWorkers` rests. It helps.",
  }),
  teaBreakMs: aliasOf("coffeeBreakMs", durationMs()),
  mug: about(text().optional(), { description: "What from.", absent: "a cup" }),
};
const schema = local.extend(FIELDS);
const provider = { ...manifest, schema };

const breakOf = ({ options = {}, env = {}, yaml = "" }: { options?: object; env?: object; yaml?: string }): number => {
  const root = folderWith({ "home/.config/dask/c.yaml": yaml });
  const places = { env: { DASK_ROOT_CONFIG: "/nonexistent", ...env }, home: join(root, "home") };
  return resolveOptions(schema, { section: "local", options, ...places }).values.coffeeBreakMs;
};

test("A field added to a schema is an option from every source", () => {
  const { flags } = parseCommandLine(["--coffee-break", "5ms"], { schema });
  expect(breakOf({})).toBe(60_000);
  expect(breakOf({ options: carrying({ flags }) })).toBe(5);
  expect(breakOf({ options: { coffeeBreakMs: 4 } })).toBe(4);
  expect(breakOf({ env: { DASK_CLOUDPROVIDER__LOCAL__COFFEE_BREAK_MS: "3" } })).toBe(3);
  expect(breakOf({ env: { DASK_CLOUDPROVIDER__LOCAL__TEA_BREAK_MS: "3" } })).toBe(3);
  expect(breakOf({ env: { DASK_CLOUDPROVIDER__LOCAL__TEA_BREAK: "3s" } })).toBe(3000);
  expect(breakOf({ yaml: "cloudprovider: {local: {coffee-break: 1m30s}}" })).toBe(90_000);
  expect(breakOf({ yaml: "cloudprovider: {local: {coffee-break-ms: 2}}" })).toBe(2);
  expect(faults(() => breakOf({ options: { coffeBreakMs: 1 } }))).toEqual([
    'Unknown option "coffeBreakMs". Did you mean "coffeeBreakMs"?',
  ]);
});

test("A field added to a schema is in the table, the template, the JSON Schema and its type", () => {
  expect(tableOf(schema.shape)).toContain(
    "| `coffeeBreakMs`, `teaBreakMs` | 1 minute | How long each `nWorkers` rests |\n| `mug` | a cup | What from |\n",
  );
  expect(sectionText(provider)).toContain(
    "    # How long each `n_workers` rests. It helps. Also: `tea_break`.\n    coffee_break: 1m\n\n    # What from. null: a cup.\n    mug: null\n",
  );
  const json = configurationSchema([provider]);
  expect(json).toMatchObject({
    properties: {
      cloudprovider: {
        properties: {
          local: {
            properties: {
              coffee_break: {
                description:
                  "How long each n_workers rests. It helps. A duration such as 20m, 4h or 1h30m. Default: 1 minute.",
                type: ["string", "integer", "null"],
                default: "1m",
              },
              coffee_break_ms: {
                description: "How long each n_workers rests. It helps. In milliseconds. Default: 1 minute.",
                type: ["string", "integer", "null"],
                default: 60_000,
              },
              tea_break_ms: {
                description: "Alias of coffee_break: dask-cloudprovider's name. In milliseconds.",
              },
            },
          },
        },
      },
    },
  });
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(json);
  expect(validate({ cloudprovider: { local: { coffee_break_ms: 7, tea_break_ms: null, "coffee-break-ms": 7 } } })).toBe(
    true,
  );
  expect(validate({ cloudprovider: { local: { coffee_break_ms: 90_001 } } })).toBe(false);
  for (const coffee_break of ["20m", "1h30m", "2 days", "never", null]) {
    expect(validate({ cloudprovider: { local: { coffee_break, "tea-break": "1s" } } })).toBe(true);
  }
  for (const coffee_break of [0, 20, "20", "1:30", "m"]) {
    expect(validate({ cloudprovider: { local: { coffee_break } } })).toBe(false);
  }
  expect(typeText(FIELDS.coffeeBreakMs, "input")).toBe("number");
});

test("A field without a description fails the generation", () => {
  expect(() => tableOf({ ...schema.shape, silent: z.string().optional() })).toThrow(
    "The option silent has no description",
  );
});
