import { DaskFleetError, messageOf } from "../errors.ts";
import type { Resource } from "./machine.ts";

/**
 * A tear-down that could not remove everything. `left` lists what may still cost money, by id; it is empty when that could not be
 * found out, and the message says so.
 */
export class TeardownIncompleteError extends DaskFleetError {
  override readonly name = "TeardownIncompleteError";
  readonly left: readonly Resource[];

  constructor(clusterName: string, left: readonly Resource[] | undefined, troubles: readonly unknown[]) {
    const why = troubles.map((trouble) => `\n- ${messageOf(trouble)}`).join("");
    super("TEARDOWN_INCOMPLETE", `The cluster ${clusterName} could not be removed completely.${inWords(left)}${why}`, {
      cause: troubles.length === 1 ? troubles[0] : new AggregateError(troubles, "several troubles"),
    });
    this.left = (left ?? []).map(({ kind, id }) => ({ kind, id }));
  }
}

function inWords(left: readonly Resource[] | undefined): string {
  if (left === undefined) return " What is left of it could not be found out.";
  return left.length === 0 ? "" : `\nLeft behind: ${left.map(({ kind, id }) => `${kind} ${id}`).join(", ")}`;
}

/** Hangs a tear-down's own trouble on the error that made the tear-down necessary. */
export function attachTeardownTrouble(error: unknown, trouble: unknown): void {
  if (error instanceof Error && Object.isExtensible(error)) {
    Object.defineProperty(error, "teardownError", { value: trouble, configurable: true, enumerable: false });
  }
}
