import { padded, cells } from "./cells.ts";

/** A command, and what it does. */
export type NextLine = readonly [command: string, what: string];

/** What to do next: a line for each command, aligned. Empty without any. */
export function nextLines(lines: readonly NextLine[]): string {
  const widest = Math.max(0, ...lines.map(([command]) => cells(command)));
  return lines
    .map(([command, what]) => `  ${what === "" ? command : `${padded(command, widest)}  # ${what}`}`)
    .join("\n");
}
