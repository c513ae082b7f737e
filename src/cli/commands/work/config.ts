import { shellQuote } from "../../../text/shell-quote.ts";
import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const config: Command = {
  name: "config",
  summary: "write a configuration that connects a Client() into a folder",
  details: [
    "Set DASK_CONFIG to the folder. The files are for this user only; they are renewed while the cluster runs.",
  ],
  examples: [["dask-fleet config demo ./demo-config", "then: DASK_CONFIG=./demo-config python train.py"]],
  group: "Work",
  cluster: "known",
  operands: [{ name: "folder", help: "where to write it; it is made if it does not exist" }],
  run: async (call) => {
    const [folder = ""] = call.operands;
    return await attached(call, async (cluster) => {
      const path = await cluster.writeClientConfig(folder);
      call.out.result({ text: path, data: { path } });
      call.out.next([[`export DASK_CONFIG=${shellQuote(folder)}`, "then Client() connects"]]);
      return 0;
    });
  },
};
