import * as z from "zod";

import { count, describe, durationMs, portNumber, text } from "../../../src/options/fields.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import { clusterFields, groupFields } from "../../../src/provider/cluster-schema.ts";
import { ofGroup, workersField } from "../../../src/provider/groups/group-fields.ts";
import { type GroupsOption, groupsOption } from "../../../src/provider/groups/groups-option.ts";
import type { LocalClusterOptions } from "./options.ts";

const localFields = {
  startTimeoutMs: describe(durationMs().default(120_000), { description: "`start()` takes no longer than this." }),
  closeTimeoutMs: describe(durationMs().default(60_000), { description: "`close()` takes no longer than this." }),
  python: describe(text().optional(), {
    description:
      "The Python that runs Dask: a path, or a command such as `uv run python`. It is split as in a shell; `~` is the home directory.",
    absent:
      "`DASK_FLEET_PYTHON`, the active virtual or conda environment, `.venv` in the working directory, `python3` or `python`, whichever has `distributed` first",
  }),
  sharedBy: describe(count({ min: 1 }).optional(), {
    description:
      "Number of worker machines that share this computer. Each gets an equal share of its processors and memory, after a reserve for the scheduler. With 1, each gets all. `workerOptions.nthreads` and `workerOptions.memoryLimit` win.",
    absent:
      "the number of workers wanted when the machine is created: `nWorkers`, `scale()` or the maximum of `adapt()`",
  }),
  schedulerPort: describe(portNumber().optional(), {
    description: "The scheduler's port.",
    absent: "8786, or another free port if that is taken",
  }),
};

/** The schema behind {@link LocalClusterOptions}. */
export const schema = z.object({
  ...clusterFields,
  ...localFields,
  workers: workersField(
    { ...groupFields, ...ofGroup(localFields, "sharedBy", "python") },
    {
      name: "LocalWorkerGroupOptions",
      about: "A group of workers on this computer: its size, and options that override the cluster's.",
    },
  ),
});

export type ResolvedLocalOptions = ResolvedOptions<typeof schema>["values"] & GroupsOption;

export function resolveLocalOptions(section: string, options: LocalClusterOptions): ResolvedLocalOptions {
  const checked = resolveOptions(schema, { section, options });
  return { ...checked.values, ...groupsOption(checked) };
}
