import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a fragment takes for granted because the text around it has said so. */
const SURROUNDINGS = `
import { spawn } from "node:child_process";
import { LocalCluster, Security } from "dask-fleet";
declare const cluster: LocalCluster;
void [spawn, Security, cluster];
`;

test("every TypeScript block of the README compiles, strictly, against the library", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gmsu)].map(([, code = ""]) => code);
  expect(blocks.length).toBeGreaterThan(5);
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache", "readme-"));
  try {
    for (const [index, block] of blocks.entries()) {
      const whole = block.includes("import ") ? block : `${SURROUNDINGS}export async function block() {\n${block}}\n`;
      writeFileSync(join(folder, `block-${index}.ts`), whole);
    }
    const compilerOptions = { noUnusedLocals: false };
    const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    expect(() => execFileSync(tsc, ["-p", folder], { encoding: "utf8", stdio: "pipe" })).not.toThrow();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
