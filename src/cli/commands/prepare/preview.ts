import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { usage } from "../../usage.ts";

export const preview: Command = {
  name: "preview",
  summary: "print the cloud-init user data of a role, secrets redacted",
  group: "Before the start",
  cluster: "new",
  examples: [["dask-fleet preview ec2 worker --group gpu --workers.gpu.docker-image my/gpu:1", "of a worker group"]],
  operands: [{ name: "role", help: "scheduler or worker", choices: ["scheduler", "worker"] }],
  options: [{ flags: "--group <name>", help: "a group of workers. Default: the only one, or default" }],
  run: async (call) => {
    const [role] = call.operands;
    if (role !== "scheduler" && role !== "worker")
      throw usage(`Expected "scheduler" or "worker", got "${role ?? ""}".`, "preview");
    const group = call.own.text("group");
    if (group !== undefined && role === "scheduler")
      throw usage("The scheduler belongs to no worker group: leave --group out.", "preview");
    const type = await typeOf(call);
    const userData = new type(call.clusterOptions()).previewStartupScript(role, group);
    call.out.result({ text: userData, data: { role, ...(group === undefined ? {} : { group }), userData } });
    return 0;
  },
};
