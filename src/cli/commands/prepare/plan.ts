import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const plan: Command = {
  name: "plan",
  summary: "print what a start with these options would create; nothing is touched",
  details: [
    "Machines, places, network, ports and who may enter, what ends the cluster, and the calls of start and close. Works offline and without credentials.",
    "With --look, read-only calls resolve what only the cloud knows: image, zones, architecture and this computer's address.",
  ],
  examples: [
    ["dask-fleet plan ec2 --region us-east-1 --n-workers 4", "what would be created"],
    ["dask-fleet plan ec2 --n-workers 4 --look --json", "the same as data, with image and zones resolved"],
  ],
  group: "Before the start",
  cluster: "new",
  options: [{ flags: "--look", help: "resolve image, zones and addresses by read-only calls" }],
  run: async (call) => {
    const type = await typeOf(call);
    const { planText } = await import("../../../index.ts");
    const made = await new type(call.clusterOptions()).plan({ look: call.own.flag("look") });
    call.out.result({ text: planText(made), data: made });
    return 0;
  },
};
