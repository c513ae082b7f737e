import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT, SetupError, say } from "../project.mjs";
import { run, runQuietly } from "../run.mjs";
import { readPackage } from "./tarball.mjs";

/** Users' compilers beside the project's own: the oldest that the types are for, and the last one of JavaScript. */
const OLDER = { "typescript-5.4": "5.4.5", "typescript-5.9": "5.9.3" };

const COMPILER_OPTIONS = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

/** How a user's project finds a package's types. To TypeScript 5.4 `nodenext` is `node16`, which attw looks at, too. */
const RESOLUTIONS = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

/**
 * Compiles the consumer with each compiler and the strictest options, every d.ts checked, those of dependencies included; says with
 * which compilers, and whether that takes @types/node.
 */
export async function compileStrictly(folder) {
  const { "@types/node": nodeTypes, typescript } = readPackage(ROOT).devDependencies;
  const own = ["typescript", ["tsc"]];
  const older = Object.keys(OLDER).map((alias) => [alias, ["node", join("node_modules", alias, "lib", "tsc.js")]]);
  const types = (await compile(folder, own, [])) === undefined ? [] : ["node"];
  const packages = Object.entries(OLDER).map(([alias, version]) => `${alias}@npm:typescript@${version}`);
  if (types.length > 0) packages.push(`@types/node@${nodeTypes}`);
  const install = ["install", "--no-audit", "--no-fund", "--save-dev", ...packages];
  await runQuietly(`Installing ${packages.join(" ")}`, "npm", install, { cwd: folder });
  const failures = await Promise.all([own, ...older].map((compiler) => compile(folder, compiler, types)));
  for (const failure of failures.filter((each) => each !== undefined)) say(failure);
  if (failures.some((each) => each !== undefined)) {
    throw new SetupError("A strict TypeScript project does not compile against the package's types.");
  }
  const versions = [typescript, ...Object.values(OLDER)].join(", ");
  return types.length === 0 ? `${versions}, without @types/node` : `${versions}, with @types/node, which it needs`;
}

/** What the compiler has to say; undefined where it is content. */
async function compile(folder, [name, [command, ...args]], types) {
  for (const resolution of RESOLUTIONS) {
    const how = `${name}-${resolution.moduleResolution}`;
    const project = `tsconfig.${how}.json`;
    const options = {
      compilerOptions: { ...COMPILER_OPTIONS, ...resolution, types },
      include: ["*.ts", "toy-provider/*.ts"],
    };
    writeFileSync(join(folder, project), JSON.stringify(options));
    const { code, output } = await run(command, [...args, "-p", project], { cwd: folder, quiet: true });
    if (code !== 0) return `${how}:\n${output.trimEnd()}`;
  }
  return undefined;
}
