import type { ClusterManager } from "../../../index.ts";
import { printable, printableName } from "../../../text/printable.ts";
import { sleep } from "../../../wait.ts";
import { attached } from "../../clusters.ts";
import type { Call, Command } from "../../command.ts";
import { untilInterrupt } from "../../interrupt.ts";
import { NewLines, logLines, shownLine } from "../../log-lines.ts";
import { usage } from "../../usage.ts";

/** Dask has no call that waits for log lines. */
const POLL_MS = 2000;

export const logs: Command = {
  name: "logs",
  summary: "print the log of the scheduler and the workers, of a job, or of the machines' boot",
  examples: [
    ["dask-fleet logs demo --follow", "until Ctrl-C"],
    ["dask-fleet logs demo --job train-1 --follow", "a job's output until it is over"],
    ["dask-fleet logs demo --boot", "the console output of each machine"],
  ],
  group: "Look",
  cluster: "known",
  options: [
    { flags: "-f, --follow", help: "go on with new lines" },
    { flags: "--boot", help: "the machines' console output instead" },
    { flags: "--job <id>", help: "the output of a job instead" },
    { flags: "-n, --lines <count>", help: "the newest lines of each node (default: all that Dask keeps)" },
  ],
  run: async (call) => {
    const { own } = call;
    const job = own.text("job");
    if (own.flag("boot") && (own.flag("follow") || job !== undefined))
      throw usage("--boot stands alone: clouds refresh a console now and then only.", "logs");
    const n = countIn(own.text("lines"));
    return await attached(call, async (cluster) => {
      if (own.flag("boot")) return await bootLogs(call, cluster);
      return await untilInterrupt(async (signal) =>
        job === undefined ? await daskLogs(call, cluster, n, signal) : await jobLogs(call, cluster, job, signal),
      );
    });
  },
};

function countIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text))
    throw usage(`Expected a number of lines of at least 1, got "${printableName(text)}".`, "logs");
  return Number(text);
}

async function daskLogs(
  call: Call,
  cluster: ClusterManager,
  n: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  const found = await cluster.logs({ n, signal });
  if (!call.own.flag("follow")) {
    call.out.result({ text: logLines(found).map(shownLine).join("\n"), data: found });
    return 0;
  }
  const fresh = new NewLines();
  for (let lines = logLines(found); ; lines = logLines(await cluster.logs({ signal }))) {
    for (const { node, entry } of fresh.of(lines))
      call.out.line({ text: shownLine({ node, entry }), data: { node, ...entry } });
    await sleep(POLL_MS, signal);
  }
}

async function jobLogs({ own, out }: Call, cluster: ClusterManager, id: string, signal: AbortSignal): Promise<number> {
  const job = await cluster.job(id, { signal });
  for await (const line of job.logs({ follow: own.flag("follow"), signal })) {
    const text = line.replace(/\n$/, "");
    out.line({ text, data: { job: id, line: text } });
  }
  return 0;
}

async function bootLogs({ out }: Call, cluster: ClusterManager): Promise<number> {
  const consoles = await cluster.consoles();
  const text = consoles.map(({ machine, text }) => {
    const heading = `==> ${machine.role} ${printableName(machine.id)} <==`;
    return `${heading}\n${text === "" ? "(no console output)" : printable(text).trimEnd()}`;
  });
  out.result({ text: text.join("\n\n"), data: consoles });
  return 0;
}
