import { constants } from "node:os";

/** A shell's exit code of a command that Ctrl-C has ended. */
export const INTERRUPTED = 128 + constants.signals.SIGINT;

/**
 * Works until Ctrl-C, which aborts the signal: then the exit code is 130. A second Ctrl-C ends the process at once.
 *
 * @param onInterrupt is called at the first Ctrl-C
 */
export async function untilInterrupt(
  work: (signal: AbortSignal) => Promise<number>,
  onInterrupt: () => void = () => undefined,
): Promise<number> {
  const interrupt = new AbortController();
  const listener = (): void => {
    onInterrupt();
    interrupt.abort();
  };
  process.once("SIGINT", listener);
  try {
    return await work(interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return INTERRUPTED;
  } finally {
    process.off("SIGINT", listener);
  }
}
