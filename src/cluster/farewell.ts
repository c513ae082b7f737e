import { printable } from "../printable.ts";

/** A machine's own word that Dask will not run on it any more. */
export interface Farewell {
  /** Such as `bootstrap failed: bootstrap-extra.sh ended with status 3`. */
  readonly reason: string;
  /** What the console said up to then; what comes after it says nothing of the reason. */
  readonly log: string;
}

/**
 * Finds the line by which `templates/machine.sh` ends a machine's part in a cluster. The cluster's name is in it, so that nothing
 * that runs there says it by accident: not even a program that starts clusters of its own and shows what their machines said.
 */
export function farewellIn(log: string, clusterName: string): Farewell | undefined {
  const words = `dask-fleet: this machine's part in ${clusterName} is over: `;
  const at = log.indexOf(words);
  if (at === -1) return undefined;
  const [said = ""] = log.slice(at + words.length).split("\n", 1);
  // What becomes of the machine is decided here.
  return {
    reason: printable(said)
      .trimEnd()
      .replace(/; [^;]*$/u, ""),
    log: log.slice(0, at + words.length + said.length),
  };
}
