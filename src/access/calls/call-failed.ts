import { DaskFleetError } from "../../errors.ts";
import { printableLine, printableName, printableText } from "../../text/printable.ts";

/** What is known of a Python function's failure. */
export interface FailureParts {
  /** The Python class, such as `ValueError` or `pandas.errors.ParserError`; `KilledWorker` when its workers died. */
  readonly type: string;
  /** The exception's text. */
  readonly pythonMessage: string;
  /** Python's traceback, from the function's first frame on; empty if there is none. */
  readonly traceback: string;
  /** The Dask name of the worker; undefined if no single one is known. */
  readonly worker?: string | undefined;
}

const LONGEST_MESSAGE = 2000;

/**
 * A Python function of {@link ClusterManager.call} or {@link ClusterManager.map} failed, or could not be called. The code is `CALL_FAILED`.
 * The texts are the function's, made printable.
 */
export class CallFailedError extends DaskFleetError {
  /** Always `CallFailedError`. */
  override readonly name = "CallFailedError";
  /** The Python class, such as `ValueError`; `KilledWorker` when its workers died, `CancelledError` when somebody cancelled it. */
  readonly type: string;
  /** The exception's text. */
  readonly pythonMessage: string;
  /** The Dask name of the worker; undefined if no single one is known. */
  readonly worker: string | undefined;
  readonly #traceback: string;

  /**
   * @param what the function, with the input's number in a map
   * @param parts what Python said
   */
  constructor(what: string, { type, pythonMessage, traceback, worker }: FailureParts) {
    const said = printableLine(pythonMessage, LONGEST_MESSAGE);
    super("CALL_FAILED", `${printableName(what, 200)} failed: ${printableName(type)}${said === "" ? "" : `: ${said}`}`);
    this.type = printableName(type);
    this.pythonMessage = printableText(pythonMessage);
    this.worker = worker === undefined ? undefined : printableName(worker);
    this.#traceback = printableText(traceback);
  }

  /** Python's traceback, from the function's first frame on. A getter: no log shows it by accident. */
  get traceback(): string {
    return this.#traceback;
  }
}
