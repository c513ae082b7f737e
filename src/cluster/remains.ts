import type { Inventory } from "./inventory.ts";
import { removeCommand } from "./removal.ts";

interface Launched {
  readonly clusterName: string;
  readonly provider: string;
  readonly inventory: Inventory;
}

/**
 * What a process leaves behind that ends at once, and the line that removes it; empty where nothing is left.
 *
 * ```text
 * Left behind: machine i-0a1b (deletion accepted), security group sg-0c2d. It may cost money. Remove it: dask-fleet remove …
 * ```
 */
export function remainsInWords({ clusterName, provider, inventory }: Launched): string {
  const named = [
    ...inventory.machines.map(({ id }) => `machine ${id}`),
    ...inventory.ending.map((id) => `machine ${id} (deletion accepted)`),
    ...inventory.things.map(({ kind, id }) => `${kind} ${id}`),
  ];
  const unknown = inventory.unknown.map((what) => `${what} whose creation was not answered yet`);
  const left = [...named, ...unknown.map((what) => `perhaps ${what}`)];
  if (left.length === 0) return "";
  const command = removeCommand({ provider, clusterName, place: inventory.place });
  return `Left behind: ${left.join(", ")}. It may cost money. Remove it: ${command}`;
}
