import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { usage } from "../../usage.ts";

export const preview: Command = {
  name: "preview",
  summary: "print the cloud-init user data of a role, secrets redacted",
  group: "Before the start",
  cluster: "new",
  operands: [{ name: "role", help: "scheduler or worker", choices: ["scheduler", "worker"] }],
  run: async (call) => {
    const [role] = call.operands;
    if (role !== "scheduler" && role !== "worker")
      throw usage(`Expected "scheduler" or "worker", got "${role ?? ""}".`, "preview");
    const type = await typeOf(call);
    const userData = new type(call.clusterOptions()).previewStartupScript(role);
    call.out.result({ text: userData, data: { role, userData } });
    return 0;
  },
};
