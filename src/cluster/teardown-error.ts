import { DaskFleetError, messageOf } from "../errors.ts";
import type { Resource } from "./machine.ts";

/** A tear-down that could not remove everything. `left` lists what may still cost money, by id. */
export class TeardownIncompleteError extends DaskFleetError {
  override readonly name = "TeardownIncompleteError";
  readonly left: readonly Resource[];

  constructor(clusterName: string, left: readonly Resource[], troubles: readonly unknown[]) {
    const list = left.length === 0 ? "" : `\nLeft behind: ${left.map(({ kind, id }) => `${kind} ${id}`).join(", ")}`;
    const why = troubles.map((trouble) => `\n- ${messageOf(trouble)}`).join("");
    super("TEARDOWN_INCOMPLETE", `The cluster ${clusterName} could not be removed completely.${list}${why}`, {
      cause: troubles.length === 1 ? troubles[0] : new AggregateError(troubles, "several troubles"),
    });
    this.left = left.map(({ kind, id }) => ({ kind, id }));
  }
}

/** Hangs a tear-down's own trouble on the error that made the tear-down necessary. */
export function attachTeardownTrouble(error: unknown, trouble: unknown): void {
  if (error instanceof Error && Object.isExtensible(error)) {
    Object.defineProperty(error, "teardownError", { value: trouble, configurable: true, enumerable: false });
  }
}
