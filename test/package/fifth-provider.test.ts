import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { patient } from "../support/patience.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A devDependency, and no peer yet. */
const SDK = "google-auth-library";
const PAGE = `# How do I start on a made-up cloud? MadeUpCluster

\`\`\`sh
npm install dask-fleet ${SDK}
\`\`\`

## Options

## Permissions

## What can still cost money
`;

interface Package {
  readonly keywords: readonly string[];
  readonly exports: Readonly<Record<string, unknown>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, unknown>>;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A copy of the repository, as it stands here, to which a provider is added. */
class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), "dask-fleet-fifth-"));

  async fill(): Promise<void> {
    const listed = await promisify(execFile)("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
      maxBuffer: 2 ** 24,
    });
    for (const path of listed.stdout.split("\0").filter((each) => each !== "" && existsSync(join(ROOT, each)))) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      cpSync(join(ROOT, path), join(this.folder, path));
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    await this.git("init", "--quiet");
    await this.git("add", "--all");
    await this.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=before");
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  async git(...args: readonly string[]): Promise<string> {
    return (await this.run("git", ...args)).out;
  }

  async node(...args: readonly string[]): Promise<Ran> {
    return await this.run(process.execPath, ...args);
  }

  /** All but the pages of docs/api, which take long. */
  async generate(...options: readonly string[]): Promise<Ran> {
    const modules = readdirSync(join(this.folder, "scripts/lib/generate")).map((file) => file.replace(".mjs", ""));
    return await this.node("scripts/generate.mjs", ...options, ...modules.filter((name) => name !== "typedoc"));
  }

  async run(command: string, ...args: readonly string[]): Promise<Ran> {
    const env = { ...process.env, HOME: join(this.folder, ".home"), XDG_STATE_HOME: join(this.folder, ".state") };
    return await new Promise((resolve) => {
      execFile(command, args, { cwd: this.folder, env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      });
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const TODO = [
  "packages/simulated-clouds/src/made-up is missing: its simulated cloud",
  "test/conformance/providers/made-up.ts is missing: its adapter for the conformance suite",
];

let copy: Copy;
let generated: Ran;

beforeAll(async () => {
  copy = new Copy();
  await copy.fill();
  cpSync(join(ROOT, "test", "made-up"), join(copy.folder, "providers", "made-up"), { recursive: true });
  copy.write("docs/providers/made-up.md", PAGE);
  await copy.git("add", "--all");
  generated = await copy.generate();
}, patient(60_000));
afterAll(() => copy[Symbol.dispose](), patient(60_000));

test("a fifth provider is its folder and its page: everything else is generated", async () => {
  expect(generated).toMatchObject({ code: 0, out: "" });
  const changed = (await copy.git("diff", "--name-only")).split("\n").filter(Boolean);
  expect(changed).toEqual(
    expect.arrayContaining([
      "docs/clouds.md",
      "docs/schema/cloudprovider.schema.json",
      "package-lock.json",
      "package.json",
      "providers/registry.ts",
      "templates/cloudprovider.yaml",
    ]),
  );
  expect(changed.filter((path) => /^(?:src|scripts|test|packages|\.)/u.test(path))).toEqual([
    "test/unit/options/interfaces.ts",
  ]);
  const template = readFileSync(join(copy.folder, "templates/cloudprovider.yaml"), "utf8");
  expect(template).toContain("  made_up:\n    # Where the machines are.\n    moon: europa\n");
  const own = readFileSync(join(copy.folder, "providers/made-up/options/options.ts"), "utf8");
  expect(own).toContain("/** Where the machines are. Default: `europa`. */\n  readonly moon?: string | undefined;");
  for (const row of ["| ARM ", "| without IPv4 "]) {
    const line = readFileSync(join(copy.folder, "docs/clouds.md"), "utf8")
      .split("\n")
      .find((each) => each.startsWith(row));
    expect(line).toContain(row === "| ARM " ? "on all moons" : "in orbit");
  }
  const before = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package;
  const built = "./dist/providers/made-up/index";
  expect(JSON.parse(readFileSync(join(copy.folder, "package.json"), "utf8"))).toEqual({
    ...before,
    exports: { ...before.exports, "./made-up": { types: `${built}.d.ts`, default: `${built}.js` } },
    keywords: expect.arrayContaining([...before.keywords, "made-up"]) as unknown,
    peerDependencies: { ...before.peerDependencies, [SDK]: `^${before.devDependencies[SDK]}` },
    peerDependenciesMeta: { ...before.peerDependenciesMeta, [SDK]: { optional: true } },
  });
});

test("missing parts of it are named and fail the check until added", async () => {
  const told = generated.err.split("\n").filter(Boolean);
  expect(told.toSorted()).toEqual(TODO.map((what) => `still to do: ${what}`));
  const incomplete = await copy.generate("--check");
  expect(incomplete.code).toBe(1);
  for (const what of TODO) expect(incomplete.err).toContain(what);
  copy.write("test/conformance/providers/made-up.ts", "export {};\n");
  copy.write("packages/simulated-clouds/src/made-up/simulated-made-up.ts", "export {};\n");
  expect(await copy.generate("--check")).toEqual({ code: 0, out: "", err: "" });
});

test("contradictions between its manifest and its files are reported", async () => {
  const page = "docs/providers/made-up.md";
  copy.write(
    page,
    PAGE.replace("MadeUpCluster", "MarsCluster").replace(SDK, "@mars/sdk").replace("Permissions", "Visa"),
  );
  copy.write("providers/unfinished/index.ts", "");
  expect(await copy.generate()).toMatchObject({
    code: 1,
    err: expect.stringContaining("providers/unfinished/manifest.ts is missing"),
  });
  rmSync(join(copy.folder, "providers/unfinished"), { recursive: true });
  const { err } = await copy.generate("--check");
  const said = [
    "has no title with MadeUpCluster",
    `lacks the line: npm install dask-fleet ${SDK}`,
    "lacks the line: ## Permissions",
  ];
  expect(err.trimEnd().split("\n").slice(1)).toEqual(said.map((what) => `${page} ${what}`));
  copy.write(page, PAGE);
});

test("the whole of the library compiles with it", { timeout: patient(60_000) }, async () => {
  const tsc = join(ROOT, "node_modules", ".bin", "tsc");
  expect(await copy.run(tsc, "--noEmit", "-p", "tsconfig.build.json")).toEqual({ code: 0, out: "", err: "" });
});

test("the command line knows it", async () => {
  const cli = async (...args: readonly string[]): Promise<Ran> => await copy.node("src/cli/main.ts", ...args);
  expect((await cli("--help")).out).toMatch(/^ {2}made-up +a made-up cloud$/mu);
  const preview = await cli("preview", "made-up", "worker", "--moon", "io", "--name=moonlab");
  expect(preview).toMatchObject({ code: 0, err: "" });
  expect(preview.out).toContain("DASK_FLEET_CLUSTER='moonlab'");
  expect(await cli("list", "made-up")).toMatchObject({
    code: 0,
    err: "",
    out: expect.stringMatching(/\nlab +made-up /u),
  });
  expect((await cli("list", "made-up", "--mon=io")).err).toContain('Did you mean "--moon"?');
});

test("a program imports it by its subpath", async () => {
  copy.write("dist/providers/made-up/index.js", 'export * from "../../../providers/made-up/index.ts";\n');
  const code = 'console.log((await import("dask-fleet/made-up")).MadeUpCluster.definition.name)';
  expect(await copy.node("--input-type=module", "--eval", code)).toEqual({ code: 0, out: "made-up\n", err: "" });
});
