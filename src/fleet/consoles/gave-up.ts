import { printableLine } from "../../text/printable.ts";
import { lastBootIn, MARK, readingsOf } from "./console-text.ts";

/** A machine's own word, or its console's, that Dask will not run on it any more. */
export interface GaveUp {
  /** Such as `bootstrap failed: bootstrap-extra.sh ended with status 3`. */
  readonly reason: string;
  /** What the console said up to then; what comes after it says nothing of the reason. */
  readonly log: string;
}

interface Found extends GaveUp {
  readonly isWhole: boolean;
}

/** What becomes of the machine stands behind the reason. */
const OUTCOME = /; [^;]*$/u;
const WHOLE = /; (?:the machine|autoShutdown) [^;]*$/u;

/**
 * Finds the line by which `templates/machine.sh` ends a machine's part in a cluster, also where the console has broken it or the
 * kernel has printed into it. The cluster's name is in it, so that nothing that runs there says it by accident: not even a program
 * that starts clusters of its own and shows what their machines said. A machine that was started again since has not given up.
 */
export function gaveUpIn(log: string, clusterName: string): GaveUp | undefined {
  let best: Found | undefined;
  for (const reading of readingsOf(log)) {
    const found = foundIn(lastBootIn(reading), clusterName);
    if (found?.isWhole === true) best = found;
    else best ??= found;
    if (best?.isWhole === true) break;
  }
  return best === undefined ? undefined : { reason: best.reason, log: best.log };
}

function foundIn(text: string, clusterName: string): Found | undefined {
  const words = `${MARK}this machine's part in ${clusterName} is over: `;
  const at = text.indexOf(words);
  if (at === -1) return undefined;
  const [said = ""] = text.slice(at + words.length).split("\n", 1);
  return {
    reason: printableLine(said.trimEnd().replace(OUTCOME, "")),
    log: text.slice(0, at + words.length + said.length),
    isWhole: WHOLE.test(said.trimEnd()),
  };
}
