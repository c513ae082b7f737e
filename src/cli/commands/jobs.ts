import type { Job } from "../../index.ts";
import { printableName } from "../../text/printable.ts";
import { attached } from "../clusters.ts";
import type { Command } from "../command.ts";

export const jobs: Command = {
  name: "jobs",
  summary: "list a cluster's jobs, or cancel one",
  group: "Work",
  cluster: "known",
  options: [{ flags: "--cancel <id>", help: "end this job with everything that it started" }],
  run: async (call) => {
    const cancel = call.own.text("cancel");
    return await attached(call, async (cluster) => {
      if (cancel === undefined) {
        const found = await cluster.jobs();
        call.out.result({ text: jobTable(found), data: found.map(({ lastStatus }) => lastStatus) });
      } else {
        const status = await (await cluster.job(cancel)).cancel();
        call.out.result({ text: `${printableName(status.id)} ${status.state}`, data: status });
      }
      return 0;
    });
  },
};

function jobTable(found: readonly Job[]): string {
  return found
    .map(({ lastStatus: { id, name, state, exitCode, on, worker, createdAt } }) =>
      [
        printableName(id),
        exitCode === undefined ? state : `${state} (${exitCode})`,
        worker === undefined ? on : printableName(worker),
        createdAt.toISOString(),
        printableName(name),
      ].join("\t"),
    )
    .join("\n");
}
