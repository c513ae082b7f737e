import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { runQuietly } from "../run.mjs";

/**
 * How each bundles, and what: the quick ones all SDKs, or all but Google's, which asks for a `__dirname` where rolldown and Vite give none; those
 * that take a minute for an SDK none.
 */
export const BUNDLES = [
  { name: "webpack", entry: "few" },
  { name: "rollup", entry: "few" },
  { name: "ncc", entry: "few", extension: "js" },
  { name: "esbuild", entry: "all" },
  { name: "esbuild-cjs", entry: "all" },
  { name: "esbuild-minified", entry: "most" },
  { name: "rolldown", entry: "most" },
  { name: "vite", entry: "most" },
];

/** Bundles a program into a folder of its own; returns how it is run. */
export async function makeBundle({ temporary, tools, plain }, { name, entry, extension = "mjs" }) {
  const folder = join(temporary, "bundles", name);
  mkdirSync(folder, { recursive: true });
  const source = join(entry === "few" ? plain : tools, `${entry}.${extension}`);
  await runQuietly(name, "node", [join(tools, "bundle.mjs"), name, source, folder], { cwd: tools });
  const file = ["main.mjs", "main.cjs"].find((each) => existsSync(join(folder, each)));
  return { name, folder, command: ["node", join(folder, file)] };
}
