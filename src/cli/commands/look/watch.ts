import { sleep } from "../../../wait.ts";
import { typeOf, untilClosed } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { endSignals } from "../../life/signals.ts";

const LOOK_MS = 1000;

export const watch: Command = {
  name: "watch",
  summary: "show what happens, and look after the cluster if nobody else does",
  details: [
    "Lost workers are replaced, wished sizes made and bounds followed by the process that leads the cluster. This command takes the lead as soon as that process has ended. Ctrl-C leaves the cluster running.",
  ],
  examples: [
    ["dask-fleet watch demo", "until Ctrl-C"],
    ["nohup dask-fleet watch demo >watch.log 2>&1 &", "in the background"],
  ],
  group: "Look",
  cluster: "known",
  run: async (call) => {
    const { name, out } = call;
    const { launcherInWords } = await import("../../life/status-text.ts");
    const end = endSignals();
    const type = await typeOf(call);
    const before = await type
      .status(name, { options: call.clusterOptions(), signal: end.signal })
      .catch(() => undefined);
    const cluster = await type.attach(name, { options: call.clusterOptions(), signal: end.signal, standBy: true });
    const follower = out.follow(cluster);
    try {
      if (cluster.leads) tookOver();
      else
        out.note(`${name}: ${launcherInWords(before?.launcher)} looks after it. This process does when that one ends.`);
      const closed = untilClosed(cluster);
      let led = cluster.leads;
      let code: number | undefined;
      while (!end.signal.aborted && code === undefined) {
        const pause = sleep(LOOK_MS, end.signal).then(
          () => undefined,
          () => undefined,
        );
        code = await Promise.race([closed, pause]);
        if (cluster.leads && !led) tookOver();
        led = cluster.leads;
      }
      if (code !== undefined) return code;
      out.note(`${name} stays. ${led ? "Nobody looks after it now." : ""}`.trimEnd());
      out.next([
        [`dask-fleet watch ${name}`, "look after it again"],
        [`dask-fleet down ${name}`, "remove it"],
      ]);
      return 0;
    } finally {
      follower.done();
      end.done();
      if (cluster.state === "running") await cluster.detach();
    }

    function tookOver(): void {
      out.note(
        `${name}: this process looks after it now: lost workers are replaced, wished sizes are made, bounds are followed. Ctrl-C leaves the cluster running.`,
      );
    }
  },
};
