import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { COMMANDS } from "../../../src/cli/commands/index.ts";
import { commandHelp, programHelp } from "../../../src/cli/help.ts";
import { PROVIDERS, providerNamed } from "../../../src/cli/providers.ts";

const FOLDER = fileURLToPath(new URL("../../golden/help", import.meta.url));
const MOST_COLUMNS = 100;

async function pages(): Promise<ReadonlyMap<string, string>> {
  const ofCommands = [...COMMANDS].map(
    async ([name, command]) => [name, await commandHelp(command, undefined, MOST_COLUMNS)] as const,
  );
  const run = COMMANDS.get("run");
  if (run === undefined) throw new Error("run");
  const ofProviders = [...PROVIDERS.keys()].map(
    async (name) => [`run-${name}`, await commandHelp(run, await providerNamed(name), MOST_COLUMNS)] as const,
  );
  return new Map([
    ["all", programHelp(MOST_COLUMNS).replace(/\S+(?=templates)/u, "…/")],
    ...(await Promise.all([...ofCommands, ...ofProviders])),
  ]);
}

test("help pages are as in test/golden/help (UPDATE_GOLDEN=1 writes them)", async () => {
  const found = await pages();
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, text] of found) writeFileSync(join(FOLDER, `${name}.txt`), `${text}\n`);
  }
  const golden = Object.fromEntries(
    readdirSync(FOLDER).map((file) => [file.replace(/\.txt$/, ""), readFileSync(join(FOLDER, file), "utf8").trimEnd()]),
  );
  expect(Object.fromEntries(found)).toEqual(golden);
});

test.each([60, 80, MOST_COLUMNS, 200])("help fits in %i columns, and never needs more than 100", async (columns) => {
  const run = COMMANDS.get("run");
  if (run === undefined) throw new Error("run");
  const texts = [programHelp(columns), await commandHelp(run, undefined, columns)];
  const widest = Math.max(80, Math.min(columns, MOST_COLUMNS));
  expect(
    texts
      .join("\n")
      .split("\n")
      .filter((line) => line.length > widest && !line.endsWith("cloudprovider.yaml")),
  ).toEqual([]);
});

describe("every help page", () => {
  test("fits in 100 columns", async () => {
    const wide = [...(await pages())].flatMap(([name, text]) =>
      text.split("\n").flatMap((line) => (line.length > MOST_COLUMNS ? [`${name}: ${line}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  test("names type, default and variable of each of a provider's options", async () => {
    const text = (await pages()).get("run-ec2") ?? "";
    expect(text.replaceAll(/\s+/g, " ")).toContain(
      "--n-workers <n> Number of worker machines at the start (default: 0; DASK_CLOUDPROVIDER__EC2__N_WORKERS)",
    );
  });
});

test("commands agree on what each of their options takes", () => {
  const takes = new Map<string, Set<boolean>>();
  for (const { options = [] } of COMMANDS.values()) {
    for (const { flags } of options) {
      for (const name of flags.split(/[ ,]+/).filter((word) => word.startsWith("-"))) {
        takes.set(name, (takes.get(name) ?? new Set()).add(flags.includes("<")));
      }
    }
  }
  expect([...takes].filter(([, ways]) => ways.size > 1)).toEqual([]);
});
