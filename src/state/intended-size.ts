import { stateStore } from "./file-store.ts";

/** How many worker machines there should be, by the name of their group. */
export type IntendedSizes = Readonly<Record<string, number>>;

/** The group whose size older versions read and write. */
const ONLY_GROUP = "default";

/** How many workers a cluster should have, where every process that holds a handle on it can see and change it. */
export async function writeIntendedSizes(clusterName: string, sizes: IntendedSizes): Promise<void> {
  const state = stateStore().cluster(clusterName);
  for (const [group, workers] of Object.entries(sizes)) await state.writeSize(workers, fileOf(group));
}

/** The sizes of these groups, less those of which nobody has said anything. */
export async function readIntendedSizes(clusterName: string, groups: readonly string[]): Promise<IntendedSizes> {
  const state = stateStore().cluster(clusterName);
  const sizes = await Promise.all(groups.map(async (group) => [group, await state.readSize(fileOf(group))] as const));
  return Object.fromEntries(sizes.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}

/** Another text after each change of the sizes (`ClusterState.changeMark`). */
export async function sizesChangeMark(clusterName: string): Promise<string | undefined> {
  return await stateStore().cluster(clusterName).changeMark();
}

function fileOf(group: string): string | undefined {
  return group === ONLY_GROUP ? undefined : group;
}
