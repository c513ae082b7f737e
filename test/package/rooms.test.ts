import { execFile } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { patient } from "../support/patience.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROOMS = readdirSync(join(ROOT, "src"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

interface Config {
  options: object;
  readonly overrides: readonly { readonly files: readonly string[] }[];
}

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/** A file in each room with each import; returns the linter's refusals by room. */
async function refused(places: readonly string[], things: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-rooms-"));
  try {
    const config = JSON.parse(readFileSync(join(ROOT, ".oxlintrc.json"), "utf8")) as Config;
    config.options = {};
    writeFileSync(join(folder, ".oxlintrc.json"), JSON.stringify(config));
    cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
    for (const place of places) {
      mkdirSync(dirname(join(folder, place)), { recursive: true });
      const up = "../".repeat(place.split("/").length - 1);
      const from = (thing: string): string => (/^(?:src|providers|test)\//u.test(thing) ? `${up}${thing}` : thing);
      writeFileSync(join(folder, place), things.map((thing) => `import "${from(thing)}";\n`).join(""));
    }
    const oxlint = join(ROOT, "node_modules", ".bin", "oxlint");
    const out = await new Promise<string>((resolve) => {
      execFile(oxlint, ["--format=json", "."], { cwd: folder, maxBuffer: 2 ** 24 }, (_, stdout) => resolve(stdout));
    });
    const { diagnostics } = JSON.parse(out) as { readonly diagnostics: readonly Diagnostic[] };
    const borders = diagnostics.filter(({ code }) => code === "eslint(no-restricted-imports)");
    return new Map(
      places.map((place) => {
        const lines = borders
          .filter(({ filename }) => filename === place)
          .map(({ labels: [label] }) => label?.span.line);
        return [place, lines.map((line) => things[(line ?? 0) - 1] ?? "")];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rooms, and those that they know. The rest is behind a border. */
const BELOW_ALL = ["bootstrap", "files", "options", "process", "state", "text"];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  access: [...BELOW_ALL, "dask", "provider", "security"],
  bootstrap: ["options", "security", "text"],
  cli: ["cluster-file", "files", "options", "process", "text"],
  cloud: [...BELOW_ALL, "provider"],
  cluster: [...BELOW_ALL, "access", "cloud", "dask", "fleet", "provider", "security", "stores"],
  "cluster-file": ["files", "options", "process", "provider", "security", "state", "text"],
  dask: ["security", "text"],
  files: [],
  fleet: [...BELOW_ALL, "dask", "provider", "security"],
  options: ["files", "text"],
  process: ["text"],
  provider: [...BELOW_ALL, "security"],
  security: ["files", "text"],
  state: ["files", "options", "process", "text"],
  stores: ["cloud", "files", "provider", "security", "text"],
  text: [],
};

test("every room has borders", () => {
  expect(ROOMS.toSorted()).toEqual(Object.keys(KNOWN));
});

test("a forbidden import between rooms fails the lint", { timeout: patient(60_000) }, async () => {
  const places = Object.keys(KNOWN).flatMap((room) => [`src/${room}/a.ts`, `src/${room}/inner/a.ts`]);
  const things = [...ROOMS.map((room) => `src/${room}/some.ts`), "providers/aws/index.ts", "test/support/until.ts"];
  const found = await refused(places, things);
  for (const [place, faults] of found) {
    const room = place.split("/")[1] ?? "";
    const known = new Set([room, ...(KNOWN[room] ?? [])].map((each) => `src/${each}/some.ts`));
    expect([place, faults.toSorted()]).toEqual([place, things.filter((each) => !known.has(each)).toSorted()]);
  }
});

test("the command line knows the public API and the registry; a provider no Dask and no certificates", async () => {
  const allowed = ["src/index.ts", "providers/registry.ts", "src/provider/manifest.ts"];
  const forbidden = ["src/dask/some.ts", "src/security/some.ts", "node-forge", "test/support/until.ts"];
  const found = await refused(["src/cli/a.ts", "providers/aws/a.ts"], [...allowed, ...forbidden]);
  expect(found.get("src/cli/a.ts")).toEqual(forbidden.filter((each) => each !== "node-forge"));
  expect(found.get("providers/aws/a.ts")?.toSorted()).toEqual(forbidden.toSorted());
});

test("src/ imports no cloud's SDK, but its credentials where secrets are read", () => {
  const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  const sdks = new Set([...Object.keys(peerDependencies), "digitalocean-js"]);
  const imported = globSync("src/**/*.ts", { cwd: ROOT, exclude: ["src/stores/credentials/**"] }).flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/^(?:import|export|\}) ?.*\bfrom "([^".][^"]*)";$/gmu)]
      .map(([, name = ""]) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"))
      .filter((name) => !name.startsWith("node:")),
  );
  expect(imported).toContain("zod");
  expect([...new Set(imported)].filter((name) => sdks.has(name))).toEqual([]);
});
