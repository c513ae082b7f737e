import { DaskFleetError } from "../errors.ts";
import type { AdaptOptions } from "../fleet/adaptive/adaptive.ts";
import { DEFAULT_GROUP, groupNamed } from "../provider/worker-group.ts";
import { writeIntendedBounds } from "../state/intended-bounds.ts";
import { printableName } from "../text/printable.ts";
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
 * @param bounds undefined ends adapting
 * @param group Default: `default`; all groups where adapting ends
 */
export async function wishToAdapt(
  provider: string,
  name: string,
  bounds: AdaptOptions | undefined,
  group?: string,
): Promise<Carrier> {
  const record = assertProvider(await readRecord(name), provider);
  const all = record.groups.map((each) => each.name);
  const names = group === undefined ? (bounds === undefined ? all : [DEFAULT_GROUP]) : [group];
  for (const each of names) groupNamed(each, record.groups);
  const launcher = await leaderOf(record);
  if (launcher !== undefined && bounds !== undefined && (await leaderAdapts(name)) === false) {
    throw new DaskFleetError(
      "WRONG_STATE",
      `Process ${launcher.pid} on ${printableName(launcher.host)}, which looks after "${printableName(name)}", is of an older version and adapts for no other process. End it, and take over with "dask-fleet watch".`,
    );
  }
  const wished = bounds === undefined ? undefined : { ...bounds, minimum: bounds.minimum ?? 0 };
  await writeIntendedBounds(name, Object.fromEntries(names.map((each) => [each, wished])));
  return { launcher };
}
