import { printable } from "./printable.ts";
import { rootErrors } from "./traceback.ts";

const LAST_LINES = 20;
const LONGEST_LINE = 500;

/**
 * What a console says of a failure, to be put behind an error's message: the last lines, and before them the errors that Python's
 * chained tracebacks began with, where the last lines lack them. Empty for an empty log.
 */
export function tail(log: string): string {
  const text = printable(log).trimEnd();
  if (text === "") return "";
  const lines = text.split("\n");
  const last = lines.slice(-LAST_LINES);
  const roots = rootErrors(lines.slice(0, -LAST_LINES), last);
  return `${roots.length === 0 ? "" : block("Console output (first error):", roots)}${block("Console output (last lines):", last)}`;
}

function block(heading: string, lines: readonly string[]): string {
  return `\n${heading}\n${lines.map((line) => `  | ${shortened(line)}`).join("\n")}`;
}

function shortened(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
