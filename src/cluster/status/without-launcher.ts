import { type ClusterEnds, endsInWords } from "../../ends.ts";
import { shellWord } from "../end/remove-command.ts";

interface Left {
  readonly name: string;
  readonly ends: ClusterEnds;
  /** When its certificates expire; undefined without any, and where they outlive the machines. */
  readonly certificatesEnd: Date | undefined;
  /** Whether a group has bounds to adapt within. */
  readonly adapts: boolean;
  /** Whether machines end with their launcher. */
  readonly endsWithProcess: boolean;
}

/** What goes on in a cluster that no process looks after, and what does not, in whole sentences. */
export function withoutLauncher({ name, ends, certificatesEnd, adapts, endsWithProcess }: Left): {
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
      "Powered-off or expired machines are removed by `dask-fleet sweep`.",
    ],
    waits: [
      "Lost workers are not replaced.",
      adapts ? "It does not adapt." : "A new number of workers waits for a launcher.",
      ...(certificatesEnd === undefined
        ? []
        : [
            `Its certificates expire at ${certificatesEnd.toISOString()}: only the process that started it can renew them.`,
          ]),
      `\`dask-fleet watch ${shellWord(name)}\` takes over.`,
    ],
  };
}
