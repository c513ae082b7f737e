import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const remove: Command = {
  name: "remove",
  summary: "remove a cluster by its tags, also one started elsewhere",
  examples: [["dask-fleet remove ec2 demo --region us-east-1", "without a record on this computer"]],
  group: "Clean up",
  cluster: "tagged",
  options: [
    { flags: "--id <id>", help: "pick one of several clusters with that name, as list shows it" },
    { flags: "--forget", help: "delete the record of a cluster that is not found" },
  ],
  run: async (call) => {
    const type = await typeOf(call);
    await type.remove(call.name, call.clusterOptions(), { forget: call.own.flag("forget"), id: call.own.text("id") });
    return 0;
  },
};
