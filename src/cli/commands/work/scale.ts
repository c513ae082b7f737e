import { groupMeant, groupNamed } from "../../../provider/worker-group.ts";
import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { sizesIn } from "../../life/sizes.ts";

export const scale: Command = {
  name: "scale",
  summary: "change the number of workers",
  details: ["Waits until they have joined. Ends adapting of those groups."],
  examples: [
    ["dask-fleet scale demo 4", "four worker machines"],
    ["dask-fleet scale demo cpu=4 gpu=1", "by group; other groups stay"],
  ],
  group: "Work",
  cluster: "known",
  operands: [{ name: "workers", help: "the number of worker machines, or GROUP=NUMBER", many: true, groups: "=" }],
  run: async (call) => {
    const written = sizesIn(call.operands, "scale");
    const { recordedCluster } = await import("../../../cluster/record.ts");
    const { groups } = await recordedCluster(call.name);
    const sizes = Object.fromEntries(
      written.map(({ group, workers }) => {
        const { name } = group === undefined ? groupMeant(groups) : groupNamed(group, groups);
        return [name, workers];
      }),
    );
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
