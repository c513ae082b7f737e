import type { JobStatus } from "../../../index.ts";
import { printableName } from "../../../text/printable.ts";
import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import type { Style } from "../../terminal/paint.ts";
import type { Column } from "../../terminal/table.ts";

const COLUMNS: readonly Column<JobStatus>[] = [
  { title: "ID", text: ({ id }) => printableName(id) },
  {
    title: "STATE",
    text: ({ state, exitCode }) => (exitCode === undefined ? state : `${state} (${exitCode})`),
    style: styleOf,
  },
  { title: "ON", text: ({ on, worker }) => (worker === undefined ? on : printableName(worker)), shrink: true },
  { title: "SUBMITTED", text: ({ createdAt }) => createdAt.toISOString() },
  { title: "NAME", text: ({ name }) => printableName(name), shrink: true },
];

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
        const { table } = await import("../../terminal/table.ts");
        const statuses = found.map(({ lastStatus }) => lastStatus);
        call.out.result({ text: (look) => table(COLUMNS, statuses, look), data: statuses });
      } else {
        const status = await (await cluster.job(cancel)).cancel();
        call.out.result({ text: `${printableName(status.id)} ${status.state}`, data: status });
      }
      return 0;
    });
  },
};

function styleOf({ state, exitCode }: JobStatus): Style {
  if (state === "starting" || state === "running") return "busy";
  return exitCode === 0 ? "good" : "bad";
}
