import { attached, runIn } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const exec: Command = {
  name: "exec",
  summary: "run a command with a Client() that connects to a running cluster",
  details: ["Exits with the command's own exit code, as `run` does. Ctrl-C goes to the command; the cluster stays."],
  examples: [
    ["dask-fleet exec demo -- python train.py", "a program"],
    ["dask-fleet exec demo -- jupyter lab", "a notebook server"],
  ],
  group: "Work",
  cluster: "known",
  takesCommand: true,
  ownsOutput: true,
  run: async (call) => await attached(call, async (cluster) => await runIn(call, cluster, call.rest)),
};
