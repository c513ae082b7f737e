import { printable } from "../../text/printable.ts";

/** Whatever dask-fleet says on a machine begins with it; what stands before it on a console is the console's. */
export const MARK = "dask-fleet: ";

/** How wide a console is that breaks long lines. */
const COLUMNS = 80;
/** What the kernel, or systemd about a unit, prints in the middle of another's line. A journal's line has a name and a number. */
const INTRUDERS =
  /(?<=[^\n])(?:(?:\[ *\d+\.\d{2,}\] (?![\w.@-]+\[\d+\]: )|\[(?: {2}OK {2}|FAILED|DEPEND| INFO | SKIP | TIME | WARN )\] )[^\n]*(?:\n|$))+/gu;
/** The kernel's first line. */
const POWER_ON = /\[ +0\.0+\] (?:Linux version \d|Booting Linux on )/gu;

/**
 * A console's text as it may have been meant: as it stands; without lines of the kernel's that broke into another; with lines put
 * together again that the console has broken; with both.
 */
export function readingsOf(log: string): readonly string[] {
  const asIs = printable(log);
  const alone = asIs.replaceAll(INTRUDERS, "");
  return [...new Set([asIs, alone, rejoined(asIs), rejoined(alone)])];
}

/** What a console shows since the machine was last started or started again. */
export function lastBootIn(text: string): string {
  const began = [...text.matchAll(POWER_ON)].at(-1)?.index ?? 0;
  return text.slice(text.lastIndexOf("\n", began) + 1);
}

function rejoined(text: string): string {
  let joined = "";
  for (const line of text.split("\n")) joined += line.length === COLUMNS ? line : `${line}\n`;
  return joined;
}
