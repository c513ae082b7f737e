import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { sizesIn } from "../../life/sizes.ts";

export const scale: Command = {
  name: "scale",
  summary: "change the number of workers",
  details: ["Waits until they have joined. Ends adapting of those groups."],
  examples: [
    ["dask-fleet scale demo 4", "four worker machines"],
    ["dask-fleet scale demo cpu=4 gpu=1", "by group"],
  ],
  group: "Work",
  cluster: "known",
  operands: [{ name: "workers", help: "the number of worker machines, or GROUP=NUMBER", many: true, groups: "=" }],
  run: async (call) => {
    const sizes = sizesIn(call.operands, "scale");
    return await attached(call, async (cluster) => {
      using _ = call.out.follow(cluster);
      await cluster.scale(sizes);
      call.out.result({ text: "", data: { name: cluster.name, sizes, attended: !cluster.leads } });
      if (cluster.leads) {
        call.out.note(`Nobody looks after ${cluster.name}: lost workers are not replaced from now on.`);
        call.out.next([[`dask-fleet watch ${cluster.name}`, "look after the cluster from this terminal"]]);
      }
      return 0;
    });
  },
};
