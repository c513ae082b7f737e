import type { Command } from "../../command.ts";
import { usage } from "../../usage.ts";

const SHELLS = ["bash", "zsh", "fish"];

export const completion: Command = {
  name: "completion",
  summary: "print a script that completes commands, clusters and options in your shell",
  examples: [
    ['eval "$(dask-fleet completion bash)"', "in ~/.bashrc"],
    ['eval "$(dask-fleet completion zsh)"', "in ~/.zshrc, after compinit"],
    ["dask-fleet completion fish | source", "in ~/.config/fish/config.fish"],
  ],
  group: "Tools",
  cluster: "none",
  operands: [{ name: "shell", help: "bash, zsh or fish", choices: SHELLS }],
  run: async (call) => {
    const { COMPLETION_SCRIPTS } = await import("../../completion/scripts.ts");
    const [shell = ""] = call.operands;
    const script = COMPLETION_SCRIPTS[shell];
    if (script === undefined) throw usage(`Expected ${SHELLS.join(", ")}, got "${shell}".`, "completion");
    call.out.result({ text: script, data: { shell, script } });
    return 0;
  },
};
