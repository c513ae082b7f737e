import { template } from "./template.ts";

/** A file of `templates/` as a machine gets it. */
export function program(name: string): string {
  return leanProgram(name, template(name));
}

/**
 * A program without what only a reader needs: comment lines (a quarter of the limit of user data), empty lines and indentation, all of a
 * shell script's and all but one space a level of Python's. A `#!` line stays.
 */
export function leanProgram(name: string, text: string): string {
  const lean = text
    .split("\n")
    .filter((line) => line.startsWith("#!") || !/^\s*(?:#.*)?$/u.test(line))
    .map((line) => lessIndented(name, line));
  return `${lean.join("\n")}\n`;
}

/** Python's templates are indented by four spaces a level. */
function lessIndented(name: string, line: string): string {
  if (name.endsWith(".sh")) return line.trimStart();
  return name.endsWith(".py") ? line.replace(/^(?: {4})+/u, ({ length }) => " ".repeat(length / 4)) : line;
}
