import { type ClusterEnds, endsInWords } from "../../ends.ts";
import { shellWord } from "../end/remove-command.ts";

interface Left {
  readonly name: string;
  readonly ends: ClusterEnds;
  /** When its certificates expire; undefined without any, and where they outlive the machines. */
  readonly certificatesEnd: Date | undefined;
  /** Whether a launcher that takes over can give new machines certificates. */
  readonly canGrow: boolean;
  /** Whether it can renew those that are there. */
  readonly canRenew: boolean;
  /** Whether a group has bounds to adapt within. */
  readonly adapts: boolean;
  /** Whether machines end with their launcher. */
  readonly endsWithProcess: boolean;
}

/** What goes on in a cluster that no process looks after, and what does not, in whole sentences. */
export function withoutLauncher({ name, ends, certificatesEnd, canGrow, canRenew, adapts, endsWithProcess }: Left): {
  readonly goesOn: readonly string[];
  readonly waits: readonly string[];
} {
  if (endsWithProcess) return { goesOn: [], waits: ["Its machines ended with their launcher."] };
  const ending = endsInWords(ends);
  return {
    goesOn: [
      "The scheduler, its workers, jobs and tasks go on.",
      ending === undefined
        ? "Nothing ends it by itself: it costs money until it is removed."
        : `The scheduler's machine ends it by itself: it ${ending}.`,
      "Powered-off or expired machines are removed by `dask-fleet sweep`. Until then they can still be billed.",
    ],
    waits: [
      ...(canGrow
        ? [
            "Lost workers are not replaced.",
            adapts ? "It does not adapt." : "A new number of workers waits for a launcher.",
          ]
        : [
            "No worker can be added or replaced any more: the CA's key, which signs the certificates of new machines, is gone with its launcher.",
          ]),
      ...(certificatesEnd === undefined
        ? []
        : [
            `Its certificates expire at ${certificatesEnd.toISOString()}: ${canRenew ? "a launcher on this computer renews them" : "only the process that started it can renew them"}.`,
          ]),
      `\`dask-fleet watch ${shellWord(name)}\` takes over.`,
    ],
  };
}
