import { DaskFleetError } from "../errors.ts";
import {
  type AdaptOptions,
  type GroupAdaptOptions,
  checkAdaptOptions,
  isByGroup,
} from "../fleet/adaptive/adapt-options.ts";
import { DEFAULT_GROUP, type WorkerGroup, groupNamed } from "../provider/worker-group.ts";
import type { GroupBounds, IntendedBounds } from "../state/intended-bounds.ts";

type Bounded = Pick<WorkerGroup, "name" | "minimum" | "maximum">;

/**
 * The bounds and the pace of each group that is to adapt, as `adapt()` was asked.
 *
 * @param group of `options` that are not by group. Default: the only one, or `default`; without bounds all groups that have a maximum
 * @throws DaskFleetError `CONFIG_INVALID` for impossible bounds, an unknown group, a group without a maximum, and where no group has one
 */
export function boundsToAdapt(
  groups: readonly Bounded[],
  options: AdaptOptions | GroupAdaptOptions,
  group?: string,
): GroupBounds {
  if (isByGroup(options)) {
    if (group !== undefined)
      throw new DaskFleetError(
        "CONFIG_INVALID",
        "Expected adapt({ GROUP: … }) without a second argument: it names the groups.",
      );
    return Object.fromEntries(
      Object.entries(options).map(([name, each]) => [name, boundsOf(groupNamed(name, groups), each)]),
    );
  }
  checkAdaptOptions(options);
  if (group === undefined && options.minimum === undefined && options.maximum === undefined) {
    const bounded = groups.filter(({ maximum }) => maximum !== undefined);
    if (bounded.length === 0) throw new DaskFleetError("CONFIG_INVALID", NO_MAXIMUM);
    return Object.fromEntries(bounded.map((each) => [each.name, boundsOf(each, options)]));
  }
  const [only, ...others] = groups;
  const meant = group ?? (others.length === 0 ? only?.name : undefined) ?? DEFAULT_GROUP;
  return { [meant]: boundsOf(groupNamed(meant, groups), options) };
}

const NO_MAXIMUM =
  "adapt() needs a maximum: machines cost money. Call adapt({ maximum: 8 }), or give worker groups a maximum.";

function boundsOf(group: Bounded, options: AdaptOptions): IntendedBounds {
  const maximum = options.maximum ?? group.maximum;
  if (maximum === undefined) {
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `Expected adapt({ maximum }) for the worker group ${group.name}, which has no maximum of its own`,
    );
  }
  const minimum = options.minimum ?? Math.min(group.minimum, maximum);
  checkAdaptOptions({ ...options, minimum, maximum });
  return { ...options, minimum, maximum };
}
