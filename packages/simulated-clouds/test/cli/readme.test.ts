import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { patient } from "../../../../test/support/patience.ts";
import { HELP } from "../../src/cli/command-line.ts";
import { outsideClouds } from "./simulated-cloud.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const PROGRAMS = [...README.matchAll(/^```ts\n(.*?)^```$/gmsu)].map(([, program = ""]) => program);

test.each(PROGRAMS.map((program) => [/(?<=simulated-clouds\/)\w+/u.exec(program)?.[0], program]))(
  "the README's program for a simulated %s runs",
  async (_cloud, program) => {
    mkdirSync(join(ROOT, ".cache"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, ".cache", "readme-"));
    try {
      const file = join(folder, "program.ts");
      writeFileSync(file, program);
      const options = { env: outsideClouds(), timeout: patient(60_000) };
      const { stderr } = await promisify(execFile)(process.execPath, [file], options);
      expect(stderr).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test("the README has a program for each cloud and only existing options", () => {
  expect(PROGRAMS).toHaveLength(5);
  const command = README.slice(README.indexOf("## Start one"), README.indexOf("## In a test"));
  const options = new Set(command.match(/--[a-z][a-z-]+/gu)?.filter((option) => option !== "--n-workers"));
  expect(options.size).toBeGreaterThan(9);
  for (const option of options) expect(HELP).toMatch(new RegExp(`${option}\\b`, "u"));
});
