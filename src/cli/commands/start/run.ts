import { runIn, started, typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const run: Command = {
  name: "run",
  summary: "start a cluster, run a command with a Client() that connects to it, close the cluster",
  details: [
    "The cluster has 1 worker unless an option, the environment or a file says otherwise, and with --single-node those of the scheduler's machine. It closes with the command, whatever happens.",
    "Exits with the command's own exit code, even if the cluster ends first: 128 + n after signal n, 127 if the command is not found, 126 if it cannot be started. Ctrl-C goes to the command.",
  ],
  examples: [
    ["dask-fleet run local --n-workers 4 -- python train.py", "on this computer"],
    ["dask-fleet run ec2 --n-workers 10 --max-lifetime 1h -- python train.py", "for an hour at most"],
  ],
  group: "Start and stop",
  cluster: "new",
  takesCommand: true,
  ownsOutput: true,
  run: async (call) => {
    const { options } = (await typeOf(call)).definition.resolve(call.clusterOptions());
    // Without a worker the command would hang.
    await using cluster = await started(call, call.clusterOptions({ nWorkers: options.singleNode ? 0 : 1 }));
    return await runIn(call, cluster, call.rest);
  },
};
