import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const metrics: Command = {
  name: "metrics",
  summary: "print the metrics of the scheduler and the workers for Prometheus",
  group: "Look",
  cluster: "known",
  run: async (call) =>
    await attached(call, async (cluster) => {
      const text = await cluster.metrics();
      call.out.result({ text: text.trimEnd(), data: { metrics: text } });
      return 0;
    }),
};
