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
  /** Where it is, as far as that is known. */
  readonly place?: ClusterPlace | undefined;
  /** Undefined where it could not be found out. */
  readonly left: readonly Resource[] | undefined;
  readonly reasons: readonly unknown[];
}

/**
 * A tear-down that could not remove everything. `left` lists what may still cost money, by id; it is empty when that could not be
 * found out, and the message says so. The message has the reasons and the call that removes the rest.
 */
export class TeardownIncompleteError extends DaskFleetError {
  /** Always `TeardownIncompleteError`. */
  override readonly name = "TeardownIncompleteError";
  /** What may still cost money, by id; empty when that could not be found out, and the message says so. */
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
        `The cluster ${printableName(clusterName)} could not be removed completely.${left === undefined ? " What is left of it could not be found out." : ""}`,
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

/** What stands in the way, each reason with all of its lines. */
export function bulleted(reasons: readonly unknown[]): readonly string[] {
  return reasons.flatMap((reason) => {
    const [first, ...more] = linesOf(reason);
    return [`- ${first}`, ...more];
  });
}

/**
 * A start that failed, and could not remove everything it had made. It has the code and the meaning of what failed first, which is
 * its `cause`, be it an error, a frozen one or an abort's reason that is none; `TEARDOWN_INCOMPLETE` where that has no code.
 */
export class RollbackIncompleteError extends DaskFleetError {
  /** Always `RollbackIncompleteError`. */
  override readonly name = "RollbackIncompleteError";
  /** What may still cost money, by id; empty when that could not be found out, and the message says so. */
  readonly left: readonly Resource[];
  /** Why the clean-up was incomplete. */
  readonly teardownError: unknown;

  /** @param cause what failed first; its code and meaning become this error's */
  constructor(cause: unknown, teardownError: unknown) {
    const { code, meaning } =
      cause instanceof DaskFleetError ? cause : ({ code: "TEARDOWN_INCOMPLETE", meaning: undefined } as const);
    const [first, ...more] = linesOf(teardownError);
    const lines = [...linesOf(cause), `The clean-up after this was incomplete. ${first}`, ...more];
    super(code, lines, { cause, meaning });
    this.left = teardownError instanceof TeardownIncompleteError ? teardownError.left : [];
    this.teardownError = teardownError;
  }
}
