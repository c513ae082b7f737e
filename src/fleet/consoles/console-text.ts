import { printable, printableLine } from "../../text/printable.ts";

/** The beginning of each line that dask-fleet prints on a machine; a console may put its own prefix before it. */
export const MARK = "dask-fleet: ";

/** The width of a console that breaks long lines. */
const COLUMNS = 80;
/** Output of the kernel, or of systemd about a unit, in the middle of another line. A journal's line has a name and a number. */
const INTRUDERS =
  /(?<=[^\n])(?:(?:\[ *\d+\.\d{2,}\] (?![\w.@-]+\[\d+\]: )|\[(?: {2}OK {2}|FAILED|DEPEND| INFO | SKIP | TIME | WARN )\] )[^\n]*(?:\n|$))+/gu;
/** The kernel's first line. */
const POWER_ON = /\[ +0\.0+\] (?:Linux version \d|Booting Linux on )/gu;

/**
 * The possible readings of a console's text: unchanged; without kernel lines inside other lines; with broken lines joined; with both.
 */
export function readingsOf(log: string): readonly string[] {
  const asIs = printable(log);
  const alone = asIs.replaceAll(INTRUDERS, "");
  return [...new Set([asIs, alone, rejoined(asIs), rejoined(alone)])];
}

/** The prefixes of journal, cloud-init and Python's logging. */
export const PREFIX =
  /^(?:\[\s*\d+\.\d+\] )?(?:[\w.@-]+\[\d+\]: ?)?(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ - )?(?:\[(?: {2}OK {2}|FAILED|DEPEND)\] )?/u;
/** A line of more is one of a program that draws. */
const LONGEST_LINE = 200;
/** Where the last line is looked for. */
const LAST_CHARACTERS = 4000;

/** The last line of a console that says something, printable, without the prefixes of those that pass it on; empty without one. */
export function lastLineOf(log: string): string {
  const lines = printable(log.slice(-LAST_CHARACTERS)).split("\n");
  const said = lines.map((line) => printableLine(line.trim().replace(PREFIX, ""), LONGEST_LINE));
  return said.findLast((line) => line !== "") ?? "";
}

/** The console output since the last boot. */
export function lastBootIn(text: string): string {
  const began = [...text.matchAll(POWER_ON)].at(-1)?.index ?? 0;
  return text.slice(text.lastIndexOf("\n", began) + 1);
}

function rejoined(text: string): string {
  let joined = "";
  for (const line of text.split("\n")) joined += line.length === COLUMNS ? line : `${line}\n`;
  return joined;
}
