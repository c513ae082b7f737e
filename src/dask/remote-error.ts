import { DaskFleetError } from "../errors.ts";
import { printableLine, printableText } from "../text/printable.ts";

const LONGEST_MESSAGE = 2000;

/** A Dask operation failed on the scheduler. Its Python traceback is at hand, but in no log by accident. */
export class RemoteError extends DaskFleetError {
  readonly #traceback: string | undefined;

  constructor(op: string, exceptionText: string, traceback: string | undefined) {
    super("REMOTE_ERROR", `The scheduler failed at "${op}": ${printableLine(exceptionText, LONGEST_MESSAGE)}`);
    this.#traceback = traceback === undefined ? undefined : printableText(traceback);
  }

  /** Python's traceback, where the scheduler sent one; printable. */
  get traceback(): string | undefined {
    return this.#traceback;
  }
}
