import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test } from "vitest";

import { patient } from "../support/patience.ts";

const API = fileURLToPath(new URL("../../scripts/docs/api.mjs", import.meta.url));
const COMPILES = { timeout: patient(60_000) };

interface Made {
  readonly faults: readonly string[];
  readonly page: (name: string) => string;
}

/** The API pages of a package `lib` with these sources; `lib/extra` is in `providers/extra/index.ts`. */
function pagesOf(sources: Readonly<Record<string, string>>): Made {
  const root = mkdtempSync(join(tmpdir(), "dask-fleet-api-pages-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const exported = { ".": "src/index", "./extra": "providers/extra/index" };
  const exports = Object.fromEntries(
    Object.entries(exported).map(([name, file]) => [name, { types: `./dist/${file}.d.ts` }]),
  );
  write("package.json", JSON.stringify({ name: "lib", type: "module", exports }));
  const compilerOptions = {
    module: "nodenext",
    strict: true,
    types: [],
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  write("tsconfig.build.json", JSON.stringify({ compilerOptions, include: ["src", "providers"] }));
  write("providers/extra/index.ts", `export { here } from "../../src/index.ts";`);
  for (const [path, text] of Object.entries(sources)) write(path, text);
  const program = `import { writeApi } from ${JSON.stringify(API)};
    console.log(JSON.stringify(await writeApi(${JSON.stringify(root)}, ${JSON.stringify(join(root, "pages"))})));`;
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  return {
    faults: JSON.parse(told) as readonly string[],
    page: (name) => readFileSync(join(root, "pages", `${name}.md`), "utf8"),
  };
}

test("exports and public members without TSDoc are reported, and types that users cannot name", COMPILES, () => {
  const { faults } = pagesOf({
    "src/index.ts": `
      export const here = 1;
      interface Hidden { readonly field: string }
      /** Documented. */
      export class Thing {
        bare(): void {}
        /** @internal */
        ours(): void {}
        private own(): void {}
        /** Its kind. */
        hidden(): Hidden { return { field: "" }; }
      }
      /** Events, {@link Nowhere}. */
      export type Happening = { readonly type: "it" };
      export { type Options } from "./options.ts";`,
    "src/options.ts": `/** Documented. */ export interface Options { readonly size?: number }`,
  });

  const told = faults.map((fault) => fault.replaceAll(/, (?:defined|is referenced|does not) .+|in comment .+/gu, ""));
  expect(told.sort()).toEqual([
    'Failed to resolve link to "Nowhere" ',
    "Hidden",
    "src.Happening.type (Property)",
    "src.Options.size (Property)",
    "src.Thing.bare (CallSignature)",
    "src.here (Variable)",
  ]);
});

test("each importable name has a page; inherited and re-exported members are documented once", COMPILES, () => {
  const { faults, page } = pagesOf({
    "src/index.ts": `
      /** A number. */
      export const here = 1;
      /** The base. */
      export class Base {
        /** Runs. */
        run(how: BaseRun): void {}
      }
      /** How it runs. */
      export interface BaseRun {}`,
    "providers/extra/index.ts": `
      import { Base } from "../../src/index.ts";
      export { here } from "../../src/index.ts";
      class Between extends Base {}
      /** On top. */
      export class Top extends Between {
        /** Flies to {@link Base.run}. */
        fly(): void {}
      }`,
  });

  expect(faults).toEqual([]);
  expect(page("README")).toContain("[lib/extra](lib/extra.md)");
  expect(page("lib")).toContain("**run**(`how`: [`BaseRun`](#baserun)): `void`\n\nRuns.");
  expect(page("lib/extra")).toContain("[Base.run](../lib.md#run)");
  expect(page("lib/extra")).toContain("Re-exports [here](../lib.md#here)");
  expect(page("lib/extra")).not.toContain("Runs.");
});
