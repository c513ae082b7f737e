import { attached, runIn } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { NOT_FOUND } from "../../exit-codes.ts";

/** IPython if it is there. */
const PROMPT = `
import os, sys
from importlib.util import find_spec
start = "from distributed import Client; client = Client(); print(client)"
if find_spec("IPython"):
    os.execv(sys.executable, [sys.executable, "-m", "IPython", "--no-banner", "-i", "-c", start])
os.execv(sys.executable, [sys.executable, "-q", "-i", "-c", start])
`;

export const shell: Command = {
  name: "shell",
  summary: "open a Python prompt with a connected client",
  details: [
    "`client` is a connected Client(). IPython is used where it is installed. The cluster stays when the prompt ends.",
  ],
  group: "Work",
  cluster: "known",
  ownsOutput: true,
  options: [{ flags: "--interpreter <path>", help: "the Python to use (default: python, else python3)" }],
  run: async (call) => {
    const chosen = call.own.text("interpreter");
    return await attached(call, async (cluster) => {
      const [first = "python", ...others] = chosen === undefined ? ["python", "python3"] : [chosen];
      const run = async (python: string, isLast: boolean): Promise<number> =>
        await runIn(call, cluster, [python, "-c", PROMPT], { isSilent: !isLast });
      const code = await run(first, others.length === 0);
      const [second] = others;
      return code === NOT_FOUND && second !== undefined ? await run(second, true) : code;
    });
  },
};
