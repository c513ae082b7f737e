import type { GroupedOptions } from "../../../provider/worker-group.ts";
import { runIn, started, typeOf } from "../../clusters.ts";
import type { Call, Command } from "../../command.ts";
import { usage } from "../../usage.ts";

export const run: Command = {
  name: "run",
  summary: "start a cluster, run a command with a Client() that connects to it, close the cluster",
  details: [
    "The cluster has 1 worker unless an option, the environment or a file says otherwise, and with --single-node those of the scheduler's machine; groups of workers (--workers.GROUP.count) have the number that they say. It closes with the command, whatever happens.",
    "Exits with the command's own exit code, even if the cluster ends first: 128 + n after signal n, 127 if the command is not found, 126 if it cannot be started. Ctrl-C goes to the command.",
  ],
  examples: [
    ["dask-fleet run local --n-workers 4 -- python train.py", "on this computer"],
    ["dask-fleet run ec2 --adapt --workers.gpu.maximum 8 -- python train.py", "GPU workers when tasks ask for them"],
    ["dask-fleet run ec2 --n-workers 10 --max-lifetime 1h -- python train.py", "for an hour at most"],
  ],
  group: "Start and stop",
  cluster: "new",
  takesCommand: true,
  options: [{ flags: "--adapt", help: "each group of workers that has a maximum follows what tasks ask for" }],
  ownsOutput: true,
  run: async (call) => {
    const { options } = (await typeOf(call)).definition.resolve(call.clusterOptions());
    const adapts = call.own.flag("adapt");
    checkGroups(call, options, adapts);
    // Without a worker the command would hang.
    await using cluster = await started(call, call.clusterOptions({ nWorkers: options.singleNode ? 0 : 1 }));
    if (adapts) await cluster.adapt();
    return await runIn(call, cluster, call.rest);
  },
};

/** Groups have the sizes that they say; nobody adds a worker to them. */
function checkGroups({ out }: Call, { groups = [], singleNode }: GroupedOptions, adapts: boolean): void {
  if (adapts && !groups.some(({ maximum }) => maximum !== undefined))
    throw usage("--adapt needs a group of workers with a maximum: --workers.GROUP.maximum 8.", "run");
  if (adapts || singleNode || groups.length === 0 || groups.some(({ size }) => size > 0)) return;
  out.warn(
    "The cluster starts without workers, since no group has a count: tasks wait. Set --workers.GROUP.count, or --adapt for workers as tasks ask for them.",
  );
}
