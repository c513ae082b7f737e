import { sleep } from "../../../wait.ts";
import type { Command } from "../../command.ts";
import { FAILED } from "../../exit-codes.ts";
import { endSignals } from "../../life/signals.ts";
import { usage } from "../../usage.ts";

const PAUSE_MS = 5000;

export const list: Command = {
  name: "list",
  summary: "list all clusters, including those started elsewhere",
  details: [
    "Without a provider all of them are asked at once. One without SDK, credentials or region is left out with a note. Exits with 1 if another one does not answer.",
  ],
  examples: [
    ["dask-fleet list", "everywhere"],
    ["dask-fleet list ec2 --region us-east-1 --json", "for programs"],
    ["dask-fleet list --watch", "again every 5 s, until Ctrl-C"],
  ],
  group: "Look",
  cluster: "places",
  options: [{ flags: "-w, --watch", help: "list again every 5 s, until Ctrl-C" }],
  run: async (call) => {
    const { out } = call;
    const isWatching = call.own.flag("watch");
    if (isWatching && out.json) throw usage("--watch shows a table: leave out --json.", "list");
    const [{ everywhere }, { clusterTable }, { widthOf }] = await Promise.all([
      import("../../life/everywhere.ts"),
      import("../../life/cluster-table.ts"),
      import("../../terminal/table.ts"),
    ]);
    const look = async (): Promise<boolean> => {
      const { answers, isWhole } = await everywhere(call, (type, wait) => type.list(call.clusterOptions(), wait));
      out.result({ text: clusterTable(answers, widthOf(process.stdout)), data: answers });
      if (answers.length === 0) out.note("No clusters.");
      return isWhole;
    };
    const isWhole = await look();
    if (isWatching) await again(look);
    return isWhole ? 0 : FAILED;
  },
};

/** Until Ctrl-C. */
async function again(look: () => Promise<unknown>): Promise<void> {
  const { signal, done } = endSignals();
  try {
    for (;;) {
      await sleep(PAUSE_MS, signal);
      await look();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    done();
  }
}
