import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";

import { expect, test, vi } from "vitest";

import { COMMANDS } from "../../src/cli/commands/index.ts";
import { daskFleet } from "../../src/cli/dask-fleet.ts";
import { namesOf } from "../../src/cli/program.ts";
import { loadedProviders } from "../support/loaded-providers.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = ["README.md", ...globSync("docs/**/*.md", { cwd: ROOT })].sort();

const CLUSTERS: ReadonlyMap<string, (options: object) => { previewStartupScript(role: "worker"): string }> = new Map(
  loadedProviders.map(({ manifest: { className, needed }, Cluster }) => [
    className,
    (options) => new Cluster({ ...needed, ...options }),
  ]),
);

function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gmsu"))].map(([, block = ""]) => block);
}

/** A stand-in that has every property and does nothing. */
const anything: object = new Proxy(function () {}, {
  get: (_target, name) =>
    name === "then" ? undefined : name === Symbol.asyncDispose ? async () => undefined : anything,
  apply: () => anything,
  construct: () => anything,
});

/** The options of every cluster that a block makes, by the class. The block goes as far as it can without what is around it. */
async function clustersIn(block: string): Promise<readonly (readonly [string, object])[]> {
  const made: [string, object][] = [];
  const recording = (name: string): object =>
    new Proxy(function () {}, {
      get: () => anything,
      construct: (_target, [options = {}]: readonly object[]) => {
        made.push([name, options]);
        return anything;
      },
    });
  const code = stripTypeScriptTypes(block)
    .replaceAll(/^import .*$/gmu, "")
    .replaceAll(/^export /gmu, "");
  const context = {
    ...Object.fromEntries([...CLUSTERS.keys()].map((name) => [name, recording(name)])),
    Security: anything,
    Buffer,
    console: { log: () => undefined },
    process: {
      env: { REGISTRY_TOKEN: "t", REGISTRY_PASSWORD: "p", PROXY_CA: "ca", REGISTRY_CA: "ca", MIRROR_KEY: "k" },
    },
  };
  const ran = runInNewContext(`(async () => {\n${code}\n})()`, context) as Promise<unknown>;
  await ran.catch(() => undefined);
  return made;
}

test("every cluster in the documentation has valid options", async () => {
  vi.stubEnv("HOME", "/nonexistent");
  vi.stubEnv("DASK_ROOT_CONFIG", "/nonexistent");
  const refused: string[] = [];
  let all = 0;
  for (const page of PAGES) {
    for (const block of blocksOf(page, "ts")) {
      for (const [name, options] of await clustersIn(block)) {
        all += 1;
        // Its files are not there.
        const { security, ...others } = options as { readonly security?: unknown };
        const own = security === anything ? others : options;
        try {
          CLUSTERS.get(name)?.(own).previewStartupScript("worker");
        } catch (error) {
          refused.push(`${page}: ${name}: ${String(error)}`);
        }
      }
    }
  }
  expect(refused).toEqual([]);
  expect(all).toBeGreaterThan(40);
});

/** The words of each line for a shell that calls dask-fleet. */
const LINES = PAGES.flatMap((page) =>
  blocksOf(page, "(?:sh|console)").flatMap((block) =>
    [...block.matchAll(/^(?:\$ )?(dask-fleet [^#\n]+)/gmu)].map(([, line = ""]) => [page, line.trim()] as const),
  ),
);

test.each(LINES)("%s: %s", async (_page, line) => {
  let said = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((said += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((said += String(text))));
  const [, command = "", provider = "", ...words] = line.split(" -- ")[0]?.split(" ") ?? [];
  expect([...COMMANDS.keys()]).toContain(command);
  // Captures the options of a constructed cluster, which is never started.
  if (command !== "run" && command !== "start") return;
  said = "";
  const required =
    provider === "azure" && !words.includes("--location") ? ["--location=eastus", "--resource-group=dask"] : [];
  const own = namesOf(COMMANDS.get(command)?.options ?? []);
  const ofCluster = words.filter((word) => !own.has(word.replace(/^-+/u, "")));
  expect([await daskFleet(["preview", provider, "worker", ...ofCluster, ...required]), said]).toEqual([
    0,
    expect.stringContaining("#cloud-config"),
  ]);
});
