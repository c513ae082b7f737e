import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const BIN = join(ROOT, "node_modules", ".bin");

/** The search path with the project's tools first: also `node` is then the project's own. */
export function pathWithTools(path = process.env.PATH ?? "") {
  return [BIN, ...entries(path)].join(delimiter);
}

/** The search path as it was outside of npm scripts, for what must not run on the tools that it is about to replace. */
export function pathWithoutTools(path = process.env.PATH ?? "") {
  return entries(path).join(delimiter);
}

function entries(path) {
  return path.split(delimiter).filter((entry) => entry !== "" && resolve(entry) !== BIN);
}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

export function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** An expected failure, reported in one line without a stack. */
export class SetupError extends Error {}

/** Runs a script's main function; its result is the exit code. */
export async function main(run) {
  try {
    process.exitCode = (await run()) ?? 0;
  } catch (error) {
    say(error instanceof SetupError ? error.message : String(error?.stack ?? error));
    process.exitCode = 1;
  }
}
