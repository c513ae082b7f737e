import { started, untilClosed } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const start: Command = {
  name: "start",
  summary: "start a cluster and keep it running until Ctrl-C",
  details: [
    "Prints the scheduler's address when the cluster runs. Lost workers are replaced while this command runs.",
    "With --detach it returns when the cluster runs. On a cloud nobody looks after the cluster then: it says what goes on and what does not, and `watch` takes over. noClientTimeoutMs is 0 there unless you set it; idleTimeoutMs (20 min) ends a cluster without work. On this computer a process in the background keeps the cluster until `down`.",
    "Exits with 0 when you end it; when the cluster ends by itself with 3 after the idle time-out, 4 at the end of its lifetime, 5 shut down by a client, 6 removed, 7 crashed, 8 for an unknown reason, 9 without a client.",
  ],
  examples: [
    ["dask-fleet start local --name demo --n-workers 2", "a cluster for other terminals"],
    ["dask-fleet start ec2 --name demo --n-workers 4 --detach", "a cluster that outlives this terminal"],
  ],
  group: "Start and stop",
  cluster: "new",
  options: [{ flags: "-d, --detach", help: "return when the cluster runs, and leave it running" }],
  run: async (call) => {
    if (call.own.flag("detach")) {
      const { afterDetached, startDetached } = await import("../../life/detached.ts");
      const detached = await startDetached(call);
      if (typeof detached === "number") return detached;
      call.out.result({ text: detached.schedulerAddress, data: detached });
      call.out.next(afterDetached(detached.name));
      return 0;
    }
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
