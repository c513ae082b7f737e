import { clusterTable } from "../cluster-table.ts";
import { typeOf } from "../clusters.ts";
import type { Command } from "../command.ts";
import { usage } from "../usage.ts";

export const list: Command = {
  name: "list",
  summary: "list all clusters, including those started elsewhere",
  group: "Look",
  cluster: "places",
  run: async (call) => {
    if (call.provider === undefined) throw usage("Name a provider.", "list");
    const clusters = await (await typeOf(call)).list(call.clusterOptions());
    call.out.result({ text: clusterTable(clusters), data: clusters });
    return 0;
  },
};
