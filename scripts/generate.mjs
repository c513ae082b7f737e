// Writes generated files: generate.mjs [--check] [module …]; without names, by all modules.
// With --check it writes nothing, and fails if a file would change or a provider lacks a part.
// Each module of lib/generate exports `generate(root)`, which resolves with the texts of files by their paths from the root.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { format } from "oxfmt";

import { ROOT, SetupError, main, say } from "./lib/project.mjs";
import { providerFaults } from "./lib/providers.mjs";

const FOLDER = new URL("lib/generate/", import.meta.url);
const isCheck = process.argv.includes("--check");
const wanted = process.argv.slice(2).filter((argument) => argument !== "--check");

await main(async () => {
  const all = readdirSync(FOLDER).filter((name) => name.endsWith(".mjs"));
  const modules = wanted.length === 0 ? all : wanted.map((name) => `${name}.mjs`);
  const stale = [];
  for (const name of modules.toSorted()) {
    const { generate } = await import(new URL(name, FOLDER));
    for (const [path, raw] of Object.entries(await generate(ROOT))) {
      const text = await formatted(path, raw);
      if (textOf(path) === text) continue;
      stale.push(path);
      if (isCheck) continue;
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), text);
    }
  }
  if (isCheck && stale.length > 0) throw new SetupError(`not up to date: ${stale.join(", ")}. Run npm run generate.`);
  const faults = await providerFaults(ROOT);
  if (isCheck && faults.length > 0) throw new SetupError(`A provider is not complete:\n${faults.join("\n")}`);
  for (const fault of faults) say(`still to do: ${fault}`);
});

/** As `npm run format` would leave it. */
async function formatted(path, text) {
  const options = JSON.parse(textOf(".oxfmtrc.json"));
  if (options.ignorePatterns.includes(path)) return text;
  const { code, errors } = await format(path, text, options);
  if (errors.length > 0) throw new SetupError(`${path} is generated with a syntax error: ${errors[0].message}`);
  return code;
}

function textOf(path) {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}
