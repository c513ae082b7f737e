import type { CloudProvider } from "../provider/cloud-provider.ts";
import type { Machine } from "../provider/machine.ts";

/** The console output of a machine. */
export interface MachineConsole {
  /** The machine. */
  readonly machine: Machine;
  /** The end of its console output: raw data. Empty if the cloud has none (yet). */
  readonly text: string;
}

/** Consoles that are read at a time. */
const AT_A_TIME = 8;

/** The consoles of machines. An unreadable one is empty. */
export async function readConsoles(
  machines: readonly Machine[],
  provider: Pick<CloudProvider, "console">,
  signal: AbortSignal,
): Promise<readonly MachineConsole[]> {
  const read: MachineConsole[] = [];
  for (let at = 0; at < machines.length; at += AT_A_TIME) {
    const some = machines.slice(at, at + AT_A_TIME);
    const texts = await Promise.allSettled(some.map(async (machine) => await provider.console(machine, signal)));
    signal.throwIfAborted();
    read.push(...some.map((machine, nth) => ({ machine, text: textOf(texts[nth]) })));
  }
  return read;
}

function textOf(answer: PromiseSettledResult<string> | undefined): string {
  return answer?.status === "fulfilled" ? answer.value : "";
}
