import { cutTo, printable } from "./printable.ts";
import { rootErrors } from "./traceback.ts";

const LAST_LINES = 20;
const LONGEST_LINE = 500;

/**
 * The part of a console to append to an error's message: the last lines, preceded by the first errors of Python's chained tracebacks when
 * the last lines lack them. Empty for an empty log.
 *
 * @param troubles earlier lines about the failure; those among the last lines are left out
 */
export function tail(log: string, troubles: readonly string[] = []): string {
  const text = printable(log).trimEnd();
  if (text === "") return "";
  const lines = text.split("\n");
  const last = lines.slice(-LAST_LINES);
  const roots = rootErrors(lines.slice(0, -LAST_LINES), last);
  const earlier = troubles.filter((line) => !last.some((shown) => shown.includes(line.replace(/…$/u, ""))));
  return [
    block("Console output (boot):", earlier),
    block("Console output (first error):", roots),
    block("Console output (last lines):", last),
  ].join("");
}

/** The lines of a text of ours, such as a {@link tail}. */
export function linesIn(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

function block(heading: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `\n${heading}\n${lines.map((line) => `  | ${cutTo(line, LONGEST_LINE)}`).join("\n")}`;
}
