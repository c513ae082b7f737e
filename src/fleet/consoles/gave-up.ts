import { printableLine } from "../../text/printable.ts";
import { MARK, lastBootIn, readingsOf } from "./console-text.ts";

/** The gave-up marker of a machine, or other console output that shows that Dask will not run on it. */
export interface GaveUp {
  /** Such as `bootstrap failed: bootstrap-extra.sh ended with status 3`. */
  readonly reason: string;
  /** The console output up to the marker; later lines do not explain it. */
  readonly log: string;
}

interface Found extends GaveUp {
  readonly isWhole: boolean;
}

/** The reason is followed by what happens to the machine. */
const OUTCOME = /; [^;]*$/u;
const WHOLE = /; (?:the machine|autoShutdown) [^;]*$/u;

/** Whose end a marker tells: all that a machine does for its cluster, or its workers beside a scheduler that goes on. */
export type MarkedPart = "part" | "workers";

/**
 * Finds the gave-up marker that `templates/machine.sh` prints, even if the console broke the line or the kernel printed into it. It
 * contains the cluster's name, so that no other program prints it by accident, not even one that shows output of its own clusters. A
 * marker before the last boot does not count.
 */
export function gaveUpIn(log: string, clusterName: string, part: MarkedPart = "part"): GaveUp | undefined {
  let best: Found | undefined;
  for (const reading of readingsOf(log)) {
    const found = foundIn(lastBootIn(reading), clusterName, part);
    if (found?.isWhole === true) best = found;
    else best ??= found;
    if (best?.isWhole === true) break;
  }
  return best === undefined ? undefined : { reason: best.reason, log: best.log };
}

function foundIn(text: string, clusterName: string, part: MarkedPart): Found | undefined {
  const isOver = part === "part" ? "is over" : "are over";
  const words = `${MARK}this machine's ${part} in ${clusterName} ${isOver}: `;
  const at = text.indexOf(words);
  if (at === -1) return undefined;
  const [said = ""] = text.slice(at + words.length).split("\n", 1);
  return {
    reason: printableLine(said.trimEnd().replace(OUTCOME, "")),
    log: text.slice(0, at + words.length + said.length),
    isWhole: WHOLE.test(said.trimEnd()),
  };
}

/** Printed before a gave-up marker with status 78. */
const SAME_WAY = `${MARK}another machine would fail in the same way`;
/** Such a line quoted by another program, about machines of its own clusters. */
const QUOTED = /\| .*dask-fleet: /u;

/** Whether console output says that another machine would fail in the same way: wrong options, or nothing to run. */
export function isHopeless(log: string, clusterName: string): boolean {
  if (gaveUpIn(log, clusterName)?.reason.includes("(status 78)") === true) return true;
  return readingsOf(log).some((text) => text.split("\n").some((line) => line.includes(SAME_WAY) && !QUOTED.test(line)));
}
