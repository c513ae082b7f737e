import type { ClusterId } from "../../provider/identity.ts";
import type { Resource } from "../../provider/machine.ts";
import { printableName } from "../../text/printable.ts";
import type { Inventory } from "./inventory.ts";
import { removeCommand } from "./remove-command.ts";

interface Launched {
  readonly clusterName: string;
  readonly clusterId: ClusterId;
  readonly provider: string;
  readonly inventory: Inventory;
}

/** The leftovers of a thousand machines do not fit in one line. */
const LONGEST_LINE = 2000;

/**
 * What a process that ends at once leaves behind, and the command that removes it; empty when nothing is left.
 *
 * ```text
 * Left behind: machine i-0a1b (deletion accepted), security group sg-0c2d. It may cost money. Remove it: dask-fleet remove …
 * ```
 */
export function remainsInWords({ clusterName, clusterId, provider, inventory }: Launched): string {
  const named = [
    ...inventory.machines.map(({ id }) => wordsFor({ kind: "machine", id })),
    ...inventory.ending.map((id) => `${wordsFor({ kind: "machine", id })} (deletion accepted)`),
    ...inventory.things.map(wordsFor),
  ];
  const unknown = inventory.unknown.map((what) => `${what} (creation not confirmed)`);
  const left = [...named, ...unknown.map((what) => `perhaps ${what}`)];
  if (left.length === 0) return "";
  const command = removeCommand({ provider, clusterName, clusterId, place: inventory.place });
  return `${list("Left behind: ", left).join("\n")}. It may cost money. Remove it: ${command}`;
}

/** `machine i-0a1b`. */
export function wordsFor({ kind, id }: Resource): string {
  return `${printableName(kind)} ${printableName(id)}`;
}

/** A list with a heading, wrapped to as many lines as it needs. */
export function list(beginning: string, things: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = beginning;
  for (const [index, thing] of things.entries()) {
    const text = index === things.length - 1 ? thing : `${thing}, `;
    if (line.length + text.length > LONGEST_LINE && line !== beginning) {
      lines.push(line.trimEnd());
      line = "  ";
    }
    line += text;
  }
  return [...lines, line];
}
