import { started, untilClosed } from "../clusters.ts";
import type { Command } from "../command.ts";

export const start: Command = {
  name: "start",
  summary: "start a cluster and keep it running until Ctrl-C",
  details: [
    "Prints the scheduler's address when the cluster runs. Lost workers are replaced while this command runs.",
    "Exits with 0 when you end it; when the cluster ends by itself with 3 after the idle time-out, 4 at the end of its lifetime, 5 shut down by a client, 6 removed, 7 crashed, 8 for an unknown reason, 9 without a client.",
  ],
  examples: [["dask-fleet start local --name demo --n-workers 2", "a cluster for other terminals"]],
  group: "Start and stop",
  cluster: "new",
  run: async (call) => {
    await using cluster = await started(call, call.clusterOptions());
    const { name, schedulerAddress } = cluster;
    call.out.result({ text: schedulerAddress, data: { name, schedulerAddress } });
    call.out.next([
      [`dask-fleet exec ${name} -- python train.py`, "run a program with a Client() that connects"],
      [`dask-fleet dashboard ${name} --open`, "open the dashboard"],
      ["Ctrl-C", "close the cluster"],
    ]);
    return await untilClosed(cluster);
  },
};
