import { DaskFleetError } from "../errors.ts";
import type { AdaptOptions, GroupAdaptOptions } from "../fleet/adaptive/adapt-options.ts";
import { groupNamed } from "../provider/worker-group.ts";
import { writeIntendedBounds } from "../state/intended-bounds.ts";
import { printableName } from "../text/printable.ts";
import { boundsToAdapt } from "./bounds-to-adapt.ts";
import { assertProvider } from "./find/found-clusters.ts";
import { leaderAdapts, leaderOf, readRecord } from "./record.ts";

/** Who carries out what was asked of a recorded cluster; undefined: nobody, until a process takes the lead. */
export interface Carrier {
  /** The process that leads the cluster. */
  readonly launcher:
    | {
        /** Its process number on that computer. */
        readonly pid: number;
        /** The computer's host name. */
        readonly host: string;
      }
    | undefined;
}

/**
 * Has the leader of a recorded cluster adapt, or stop that. Connects to nothing.
 *
 * @param asked as of `adapt()`; undefined ends adapting
 * @param group as of `adapt()`; all groups where adapting ends
 */
export async function wishToAdapt(
  provider: string,
  name: string,
  asked: AdaptOptions | GroupAdaptOptions | undefined,
  group?: string,
): Promise<Carrier> {
  const record = assertProvider(await readRecord(name), provider);
  const ending = (group === undefined ? record.groups : [groupNamed(group, record.groups)]).map((each) => each.name);
  const bounds =
    asked === undefined
      ? Object.fromEntries(ending.map((each) => [each, undefined]))
      : boundsToAdapt(record.groups, asked, group);
  const launcher = await leaderOf(record);
  if (launcher !== undefined && asked !== undefined && (await leaderAdapts(name)) === false) {
    throw new DaskFleetError(
      "WRONG_STATE",
      `Process ${launcher.pid} on ${printableName(launcher.host)}, which looks after "${printableName(name)}", is of an older version and adapts for no other process. End it, and take over with "dask-fleet watch".`,
    );
  }
  await writeIntendedBounds(name, bounds);
  return { launcher };
}
