import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const status: Command = {
  name: "status",
  summary: "show sizes, workers, jobs, troubles and what ends the cluster",
  details: ["Changes nothing: it does not look after the cluster, and does not count as a client of it."],
  group: "Look",
  cluster: "known",
  run: async (call) => {
    const [{ statusText }, { widthOf }] = await Promise.all([
      import("../../life/status-text.ts"),
      import("../../terminal/table.ts"),
    ]);
    const found = await (await typeOf(call)).status(call.name, { options: call.clusterOptions() });
    call.out.result({ text: statusText(found, { columns: widthOf(process.stdout) }), data: found });
    if (found.launcher === undefined && found.state !== "left-over")
      call.out.next([[`dask-fleet watch ${call.name}`, "look after the cluster from this terminal"]]);
    return 0;
  },
};
