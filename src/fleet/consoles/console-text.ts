import { printable } from "../../text/printable.ts";

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
