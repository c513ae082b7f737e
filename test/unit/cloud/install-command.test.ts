import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { installCommand } from "../../../src/cloud/errors/sdk-failure.ts";

const base = mkdtempSync(join(tmpdir(), "dask-fleet-install-"));
afterAll(() => rmSync(base, { recursive: true }));

const SDKS = ["@azure/arm-compute@^25.1.1", "@azure/identity@^4.14.1"];
const QUOTED = '"@azure/arm-compute@^25.1.1" "@azure/identity@^4.14.1"';

/** The package in a folder, with a package.json if it is a project's. */
function installedIn(folder: string, { isProject }: { readonly isProject: boolean }): string {
  const installed = join(base, folder, "node_modules", "dask-fleet");
  mkdirSync(installed, { recursive: true });
  if (isProject) writeFileSync(join(base, folder, "package.json"), "{}");
  return installed;
}

test("In a project the missing SDK is installed locally", () => {
  expect(installCommand(installedIn("project", { isProject: true }), SDKS)).toBe(`npm install ${QUOTED}`);
  expect(installCommand(join(base, "checkout"), SDKS)).toBe(`npm install ${QUOTED}`);
});

test("For a global command the SDK is installed globally, with the reason", () => {
  const folder = installedIn("usr/lib", { isProject: false });
  expect(installCommand(folder, SDKS)).toBe(
    `npm install --global ${QUOTED} (this dask-fleet is installed globally, in ${folder}: it does not see the packages of a project)`,
  );
});

test("For npx the command includes the SDK", () => {
  expect(installCommand(installedIn("_npx/0a1b", { isProject: true }), SDKS)).toBe(
    'npx --package dask-fleet --package "@azure/arm-compute@^25.1.1" --package "@azure/identity@^4.14.1" dask-fleet …',
  );
});

test("pnpm isolates packages, so the command adds the SDK itself", () => {
  const folder = installedIn("app/node_modules/.pnpm/dask-fleet@0.1.0", { isProject: false });
  expect(installCommand(folder, SDKS)).toBe(`pnpm add ${QUOTED}`);
});

test.each([
  [
    "a bundle",
    {},
    `npm install ${QUOTED} (where the bundle was built, and build it again; or beside the bundle, if that leaves the SDK out)`,
  ],
  ["Yarn's Plug'n'Play", { pnp: "3" }, `yarn add ${QUOTED}`],
])("%s has no folder to install into", (_where, versions, command) => {
  expect(installCommand(undefined, SDKS, versions)).toBe(command);
});

test("Bun and Deno use their own installers", () => {
  const folder = installedIn("project", { isProject: true });
  expect(installCommand(folder, SDKS, { bun: "1.4.5" })).toBe(`bun add ${QUOTED}`);
  expect(installCommand(folder, SDKS, { deno: "2.9.6" })).toBe(
    'deno add "npm:@azure/arm-compute@^25.1.1" "npm:@azure/identity@^4.14.1"',
  );
});
