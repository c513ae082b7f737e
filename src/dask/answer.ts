import { DaskFleetError } from "../errors.ts";
import { printableLine, printableText } from "../text/printable.ts";
import { Field } from "./fields.ts";
import { isMap } from "./message/msgpack.ts";

/**
 * Separates answers from failures: a handler's exception is `{status: "uncaught-error", exception_text, …}` (distributed/core.py,
 * `error_message`), an unknown operation's answer is `None`.
 *
 * @throws DaskFleetError `REMOTE_ERROR`, with `traceback` as a property
 */
export function readAnswer(op: string, answer: unknown): Field {
  throwRemoteError(op, answer);
  if (answer === null) throw new UnknownOperation(op);
  return new Field(answer, op);
}

/** As {@link readAnswer}, for operations that answer `None` on success. */
export function throwRemoteError(op: string, answer: unknown): void {
  if (!isMap(answer) || answer["status"] !== "uncaught-error") return;
  const { exception_text: text, traceback_text: traceback } = answer;
  if (typeof text === "string" && BLOCKED.test(text)) throw new BlockedOperation(op);
  throw new RemoteError(
    op,
    typeof text === "string" ? text : "an error without a text",
    typeof traceback === "string" ? traceback : undefined,
  );
}

const LONGEST_MESSAGE = 2000;
/** Dask's own words, `Server._handle_comm` in distributed/core.py. */
const BLOCKED = /^\w+\(.The '\w+' handler has been explicitly disallowed in /u;

/** A Dask operation failed on the scheduler. The Python traceback is a property, so that no log shows it by accident. */
export class RemoteError extends DaskFleetError {
  readonly #traceback: string | undefined;

  constructor(op: string, exceptionText: string, traceback: string | undefined) {
    super("REMOTE_ERROR", `The scheduler failed at "${op}": ${printableLine(exceptionText, LONGEST_MESSAGE)}`);
    this.#traceback = traceback === undefined ? undefined : printableText(traceback);
  }

  /** Python's traceback, if the scheduler sent one; printable. */
  get traceback(): string | undefined {
    return this.#traceback;
  }
}

/** The scheduler has no such operation. Each request for one adds a line to its log. */
export class UnknownOperation extends RemoteError {
  constructor(op: string) {
    const why = op.startsWith("fleet_")
      ? "it does not have that operation, as dask-fleet's agent, or its part for this, does not run there. A warning said why when the cluster was connected"
      : "this version of Dask does not have that operation";
    super(op, why, undefined);
  }
}

/** The scheduler's configuration forbids the operation. */
export class BlockedOperation extends RemoteError {
  constructor(op: string) {
    super(
      op,
      `its configuration forbids that operation: take ${op} out of Dask's option distributed.scheduler.blocked-handlers, on the scheduler's machine`,
      undefined,
    );
  }
}
