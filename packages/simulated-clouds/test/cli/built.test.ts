import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { isolatedState } from "../../../../test/support/local-state.ts";
import { patient } from "../../../../test/support/patience.ts";
import { daskPython } from "../../../../test/support/python.ts";
import { SimulatedCloud } from "./simulated-cloud.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const NAME = "@dask-fleet/simulated-clouds";

const run = promisify(execFile);

/** A user's project, in whose node_modules the built package is. What that needs is found further up. */
let project = "";
let built = "";

beforeAll(async () => {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  project = mkdtempSync(join(ROOT, ".cache", "built-"));
  built = join(project, "node_modules", NAME);
  await run(process.execPath, [join(ROOT, "scripts", "build-simulated-clouds.mjs"), built], {
    timeout: patient(110_000),
  });
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

isolatedState();

test("the package that is built for npm has a command whose machines run real Dask", async () => {
  const { bin } = JSON.parse(readFileSync(join(built, "package.json"), "utf8")) as { bin: Record<string, string> };
  const command = join(built, bin["simulated-cloud"] ?? "");
  const args = ["digitalocean", "--boot=process", "--json", "--python", daskPython()];
  await using cloud = await SimulatedCloud.start({ command, args });
  await using life = await cloud.daskFleet("run", "digitalocean", "--n-workers", "1", "--", "true");
  expect(await life.ended).toMatchObject({ code: 0 });
  expect(await cloud.interrupt()).toMatchObject({
    code: 0,
    err: expect.stringContaining("not understood: 0, machines still on: 0"),
  });
  expect(await cloud.left()).toEqual({ files: [], processes: [] });
});

test(
  "and declarations against which the README's programs compile, strictly",
  { timeout: patient(120_000) },
  async () => {
    const readme = readFileSync(join(built, "README.md"), "utf8");
    for (const [index, [, program = ""]] of [...readme.matchAll(/^```ts\n(.*?)^```$/gmsu)].entries()) {
      writeFileSync(join(project, `program-${index}.ts`), program);
    }
    const compilerOptions = { rootDir: ROOT, skipLibCheck: false };
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] }),
    );
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const { stdout } = await run(tsc, ["-p", project]).catch((error: { stdout: string }) => error);
    expect(stdout).toBe("");
  },
);
