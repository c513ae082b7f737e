import { printableName } from "../../text/printable.ts";
import { typeOf } from "../clusters.ts";
import type { Command } from "../command.ts";
import { usage } from "../usage.ts";

export const sweep: Command = {
  name: "sweep",
  summary: "remove expired or fully powered-off clusters; run it from cron",
  details: ["Prints the names of the removed clusters."],
  group: "Clean up",
  cluster: "places",
  run: async (call) => {
    if (call.provider === undefined) throw usage("Name a provider.", "sweep");
    const names = await (await typeOf(call)).sweep(call.clusterOptions());
    call.out.result({ text: names.map((name) => printableName(name)).join("\n"), data: names });
    return 0;
  },
};
