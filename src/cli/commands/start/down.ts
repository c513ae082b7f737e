import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const down: Command = {
  name: "down",
  summary: "remove a cluster of this computer",
  details: [
    "Its launcher, if one lives, notices and ends. For a cluster that was started elsewhere there is `remove`.",
  ],
  group: "Start and stop",
  cluster: "known",
  run: async (call) => {
    await (await typeOf(call)).remove(call.name, call.clusterOptions());
    call.out.result({ text: "", data: { name: call.name, removed: true } });
    call.out.note(`${call.name} is removed.`);
    return 0;
  },
};
