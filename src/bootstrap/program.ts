import { template } from "./template.ts";

/** A file of `templates/` as a machine is given it. */
export function program(name: string): string {
  return leanProgram(name, template(name));
}

/**
 * A program of `templates/` as a machine gets it: without the lines that are only a comment, which are a quarter of what user data
 * may hold, and without what else only a reader needs, empty lines and indentation: all of a shell script's, all but one
 * space a level of Python's. A first line that says what runs it stays.
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
