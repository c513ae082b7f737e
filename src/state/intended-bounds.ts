import * as z from "zod";

import { stateStore } from "./file-store.ts";

const count = z.int().min(0);

/** As an `AdaptOptions`: the leader adapts by it. */
const boundsSchema = z
  .object({
    minimum: count.default(0),
    maximum: count,
    intervalMs: z.number().positive().optional(),
    waitCount: z.number().positive().optional(),
    targetDurationMs: z.number().positive().optional(),
  })
  .refine(({ minimum, maximum }) => minimum <= maximum);

/** Bounds within which a group of workers follows Dask's adaptive target. */
export type IntendedBounds = Readonly<z.infer<typeof boundsSchema>>;

/** Bounds by the name of the group; a group without does not adapt. */
export type GroupBounds = Readonly<Record<string, IntendedBounds>>;

/** Where every process with a handle on the cluster can see and change them; undefined ends adapting. */
export async function writeIntendedBounds(
  clusterName: string,
  bounds: Readonly<Record<string, IntendedBounds | undefined>>,
): Promise<void> {
  const state = stateStore().cluster(clusterName);
  for (const [group, each] of Object.entries(bounds))
    await state.writeBounds(group, each === undefined ? undefined : `${JSON.stringify(each)}\n`);
}

/** Ends adapting of these groups, and returns whether any was to adapt. */
export async function endAdapting(clusterName: string, groups: readonly string[]): Promise<boolean> {
  const bounds = await readIntendedBounds(clusterName, groups);
  const names = Object.keys(bounds);
  await writeIntendedBounds(clusterName, Object.fromEntries(names.map((name) => [name, undefined])));
  return names.length > 0;
}

/** The bounds of these groups. Unreadable text, such as a newer version's, counts as none. */
export async function readIntendedBounds(clusterName: string, groups: readonly string[]): Promise<GroupBounds> {
  const state = stateStore().cluster(clusterName);
  const found = await Promise.all(groups.map(async (group) => [group, parse(await state.readBounds(group))] as const));
  return Object.fromEntries(
    found.filter((entry): entry is readonly [string, IntendedBounds] => entry[1] !== undefined),
  );
}

function parse(text: string | undefined): IntendedBounds | undefined {
  if (text === undefined) return undefined;
  try {
    return boundsSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
