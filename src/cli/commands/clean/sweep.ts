import { printableName } from "../../../text/printable.ts";
import type { Command } from "../../command.ts";
import { FAILED } from "../../exit-codes.ts";

export const sweep: Command = {
  name: "sweep",
  summary: "remove expired or fully powered-off clusters; run it from cron",
  details: [
    "Prints the names of the removed clusters. Without a provider all of them are asked at once; one without SDK, credentials or region is left out with a note.",
  ],
  examples: [["dask-fleet sweep", "everywhere"]],
  group: "Clean up",
  cluster: "places",
  run: async (call) => {
    const { everywhere } = await import("../../life/everywhere.ts");
    const { answers, isWhole } = await everywhere(call, (type, wait) => type.sweep(call.clusterOptions(), wait));
    call.out.result({ text: answers.map((name) => printableName(name)).join("\n"), data: answers });
    return isWhole ? 0 : FAILED;
  },
};
