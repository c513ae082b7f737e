import { attached } from "../clusters.ts";
import type { Command } from "../command.ts";
import { usage } from "../usage.ts";

export const scale: Command = {
  name: "scale",
  summary: "change the number of workers",
  examples: [["dask-fleet scale demo 4", "four worker machines"]],
  group: "Work",
  cluster: "known",
  operands: [{ name: "workers", help: "the number of worker machines" }],
  run: async (call) => {
    const [workers = ""] = call.operands;
    if (!/^\d+$/.test(workers)) throw usage(`Expected a number of workers, got "${workers}".`, "scale");
    return await attached(call, async (cluster) => {
      await cluster.scale(Number(workers));
      return 0;
    });
  },
};
