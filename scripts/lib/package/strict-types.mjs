import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { SetupError, say } from "../project.mjs";
import { run, runQuietly } from "../run.mjs";
import { readPackage } from "./tarball.mjs";

const COMPILER_OPTIONS = {
  target: "es2023",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Compiles the consumer with the strictest options, every d.ts checked; says whether that takes @types/node. */
export async function compileStrictly(root, folder) {
  const bare = await compile(folder, []);
  if (bare.code === 0) return "without @types/node";
  const { "@types/node": version } = readPackage(root).devDependencies;
  const args = ["install", "--no-audit", "--no-fund", "--save-dev", `@types/node@${version}`];
  await runQuietly("Installing @types/node", "npm", args, { cwd: folder });
  const { code, output } = await compile(folder, ["node"]);
  if (code === 0) return "with @types/node, which it needs";
  say(output.trimEnd());
  throw new SetupError("A strict TypeScript project does not compile against the package's types.");
}

function compile(folder, types) {
  const options = { compilerOptions: { ...COMPILER_OPTIONS, types }, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
  return run("tsc", ["-p", "tsconfig.json"], { cwd: folder, quiet: true });
}
