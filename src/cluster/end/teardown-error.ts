import { DaskFleetError, linesOf } from "../../errors.ts";
import type { ClusterId } from "../../provider/identity.ts";
import type { Resource } from "../../provider/machine.ts";
import type { ClusterPlace } from "../../provider/place.ts";
import { printableName } from "../../text/printable.ts";
import { list, wordsFor } from "./remains.ts";
import { codeText, listCommand, removeCommand } from "./remove-command.ts";

interface Incomplete {
  readonly clusterName: string;
  readonly clusterId: ClusterId;
  /** The provider's class, such as `EC2Cluster`. */
  readonly className: string;
  /** The provider's name on the command line. */
  readonly providerName: string;
  /** Where it is, if known. */
  readonly place?: ClusterPlace | undefined;
  /** Undefined when unknown. */
  readonly left: readonly Resource[] | undefined;
  readonly reasons: readonly unknown[];
}

/**
 * A tear-down that could not remove everything. `left` lists what may still cost money, by id; it is empty when that is unknown, and
 * the message says so. The message has the reasons and the call that removes the rest.
 */
export class TeardownIncompleteError extends DaskFleetError {
  /** Always `TeardownIncompleteError`. */
  override readonly name = "TeardownIncompleteError";
  /** What may still cost money, by id; empty when that is unknown, and the message says so. */
  readonly left: readonly Resource[];

  /** @internal */
  constructor({ clusterName, clusterId, className, providerName, place, left, reasons }: Incomplete) {
    const removal = { provider: providerName, clusterName, clusterId, place };
    const wayOut =
      `It may still cost money. Remove it with ${className}.remove(${codeText(clusterName)}) or "${removeCommand(removal)}"; ` +
      `${className}.list() or "${listCommand(removal)}" shows what is left.`;
    super(
      "TEARDOWN_INCOMPLETE",
      [
        `The cluster ${printableName(clusterName)} could not be removed completely.${left === undefined ? " What is left is unknown." : ""}`,
        ...inWords(left ?? []),
        ...bulleted(reasons),
        wayOut,
      ],
      { cause: reasons.length === 1 ? reasons[0] : new AggregateError(reasons, "several reasons") },
    );
    this.left = (left ?? []).map(({ kind, id }) => ({ kind, id }));
  }
}

function inWords(left: readonly Resource[]): readonly string[] {
  return left.length === 0 ? [] : list("Left behind: ", left.map(wordsFor));
}

/** The reasons, each with all of its lines. */
export function bulleted(reasons: readonly unknown[]): readonly string[] {
  return reasons.flatMap((reason) => {
    const [first, ...more] = linesOf(reason);
    return [`- ${first}`, ...more];
  });
}

/**
 * A failed start whose rollback was incomplete. `cause` is the first failure, of any type; this error has its code and meaning, or
 * `TEARDOWN_INCOMPLETE` when it has no code.
 */
export class RollbackIncompleteError extends DaskFleetError {
  /** Always `RollbackIncompleteError`. */
  override readonly name = "RollbackIncompleteError";
  /** What may still cost money, by id; empty when that is unknown, and the message says so. */
  readonly left: readonly Resource[];
  /** Why the rollback was incomplete. */
  readonly teardownError: unknown;

  /** @param cause the first failure; its code and meaning become this error's */
  constructor(cause: unknown, teardownError: unknown) {
    const { code, meaning } =
      cause instanceof DaskFleetError ? cause : ({ code: "TEARDOWN_INCOMPLETE", meaning: undefined } as const);
    const [first, ...more] = linesOf(teardownError);
    const lines = [...linesOf(cause), `The rollback was incomplete. ${first}`, ...more];
    super(code, lines, { cause, meaning });
    this.left = teardownError instanceof TeardownIncompleteError ? teardownError.left : [];
    this.teardownError = teardownError;
  }
}
