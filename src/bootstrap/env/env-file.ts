import { shellQuote } from "../../text/shell-quote.ts";
import { checkText } from "../shell/check-text.ts";

/** What an environment file can hold: one text, or a list (a bash array). Absent values are left out. */
export type EnvFileValue = string | readonly string[] | undefined;

/** Lines `NAME='value'` for bash to source. The names are ours and need no check. */
export function parameterFile(values: Readonly<Record<string, EnvFileValue>>): string {
  const lines = ["# Written by dask-fleet; read by start-node.sh and machine.sh."];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const text of [value].flat()) checkText(name, text);
    lines.push(`${name}=${typeof value === "string" ? shellQuote(value) : `(${value.map(shellQuote).join(" ")})`}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * One `export` statement with every variable. One, because bash parses a whole statement before it assigns: a variable such as
 * LC_ALL or POSIXLY_CORRECT cannot change how the following ones are read.
 */
export function exportFile(values: Readonly<Record<string, string>>): string {
  const words = Object.entries(values).map(([name, value]) => ` \\\n  ${name}=${shellQuote(value)}`);
  const statement = words.length === 0 ? "" : `export${words.join("")}\n`;
  return `# Written by dask-fleet; the environment of Dask alone.\n${statement}`;
}
