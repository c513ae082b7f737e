import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { registry } from "../../providers/registry.ts";
import { EXIT_CODES } from "../../src/cli/exit-codes.ts";
import { patient } from "../support/patience.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const COMPILES = { timeout: patient(120_000) };
const PAGES = ["README.md", ...globSync(["docs/**/*.md", "packages/*/README.md"], { cwd: ROOT })].sort();

const CLOUDS = registry.filter(({ isCloud }) => isCloud);
/** Declarations that a fragment assumes from the text around it. */
const SURROUNDINGS = `
import { spawn } from "node:child_process";
import { DaskFleetError, LocalCluster, Security, TeardownIncompleteError } from "dask-fleet";
${CLOUDS.map(({ className, folder }) => `import { ${className} } from "dask-fleet/${folder}";`).join("\n")}
declare const cluster: LocalCluster;
void [spawn, DaskFleetError, TeardownIncompleteError, Security, ${CLOUDS.map(({ className }) => className).join(", ")}, cluster];
`;

test("every TypeScript block of the documentation compiles, strictly, against the library", COMPILES, () => {
  expect(PAGES).toContain("docs/providers/aws.md");
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache", "documented-"));
  try {
    let all = 0;
    for (const page of PAGES) {
      const blocks = [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```ts\n(.*?)^```$/gmsu)];
      all += blocks.length;
      for (const [index, [, block = ""]] of blocks.entries()) {
        const whole = block.includes("import ") ? block : `${SURROUNDINGS}export async function block() {\n${block}}\n`;
        writeFileSync(join(folder, `${page.replaceAll(/\W/g, "-")}-${index}.ts`), whole);
      }
    }
    expect(all).toBeGreaterThan(PAGES.length);
    const compilerOptions = { noUnusedLocals: false };
    const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    expect(() => execFileSync(tsc, ["-p", folder], { encoding: "utf8", stdio: "pipe" })).not.toThrow();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the documented esbuild banner is the tested one", () => {
  const [, banner = ""] =
    /const COMMONJS = `([^`]+)\n`/u.exec(readFileSync(join(ROOT, "test/package/bundles/bundle.mjs"), "utf8")) ?? [];
  expect(banner).toContain("createRequire");
  expect(readFileSync(join(ROOT, "docs/bundlers.md"), "utf8")).toContain(banner);
});

test("every error code and meaning has a row", () => {
  const source = readFileSync(join(ROOT, "src/errors.ts"), "utf8");
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  for (const type of ["ErrorCode", "Meaning"]) {
    const [, union = ""] = new RegExp(`^export type ${type} =$([^;]+);`, "mu").exec(source) ?? [];
    const names = [...union.matchAll(/"(\w+)"/gu)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    const rows = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) /gmu)];
    const listed = new Set(rows.flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(", ")));
    expect(names.filter((name = "") => !listed.has(name))).toEqual([]);
  }
});

test("every reason for a cluster's end has a row with its exit code", () => {
  const page = readFileSync(join(ROOT, "docs/closing.md"), "utf8");
  const rows = [...page.matchAll(/^\| (\d+)\s+\| `"([\w-]+)"`/gmu)].map(([, code, reason = ""]) => [
    reason,
    Number(code),
  ]);
  expect(Object.fromEntries(rows)).toEqual(EXIT_CODES);
});

test("every tested bundler and runtime has a row", () => {
  const page = readFileSync(join(ROOT, "docs/bundlers.md"), "utf8").toLowerCase();
  const tried = ["bundlers", "runtimes"].flatMap((file) => [
    ...readFileSync(join(ROOT, `scripts/lib/bundles/${file}.mjs`), "utf8").matchAll(/name: "(\w+)/gu),
  ]);
  expect(tried.length).toBeGreaterThan(10);
  for (const [, name = ""] of tried) expect(page).toMatch(new RegExp(`^\\|[^|]*\\b${name}\\b`, "mu"));
});
