import type { ClusterManager } from "../cluster-manager.ts";
import { sleep } from "../wait.ts";
import type { ClusterType } from "./cluster-types.ts";
import { type CommandLine, usage } from "./command-line.ts";
import { report, table } from "./show.ts";

const LONGEST_TIMER_MS = 2_147_483_647;

export interface Command {
  /** What stands behind the provider. */
  readonly words: readonly string[];
  readonly takesCommand?: boolean;
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (type: ClusterType, line: CommandLine) => Promise<number>;
}

/** The words behind the command and the provider. */
function operand({ words }: CommandLine, nth: number): string {
  return words[2 + nth] ?? "";
}

async function started(type: ClusterType): Promise<ClusterManager> {
  const cluster = new type();
  report(cluster);
  return await cluster.start();
}

async function attached(
  type: ClusterType,
  name: string,
  work: (cluster: ClusterManager) => Promise<number>,
): Promise<number> {
  const cluster = await type.attach(name);
  try {
    return await work(cluster);
  } finally {
    await cluster.detach();
  }
}

async function runIn(cluster: ClusterManager, { rest: [command = "", ...args] }: CommandLine): Promise<number> {
  return await cluster.run(command, args);
}

function say(text: string): void {
  process.stdout.write(text === "" ? "" : `${text}\n`);
}

/** Until the cluster has closed, by a signal or by itself. */
async function untilClosed(cluster: ClusterManager): Promise<void> {
  const closed = new AbortController();
  cluster.onProgress((event) => {
    if (event.type === "state" && event.state === "closed") closed.abort();
  });
  while (!closed.signal.aborted) await sleep(LONGEST_TIMER_MS, closed.signal).catch(() => undefined);
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    words: [],
    takesCommand: true,
    help: "start a cluster, run a command whose Client() finds it, and close the cluster",
    run: async (type, line) => {
      await using cluster = await started(type);
      return await runIn(cluster, line);
    },
  },
  start: {
    words: [],
    help: "start a cluster and look after it until Ctrl-C",
    run: async (type) => {
      await using cluster = await started(type);
      say(cluster.schedulerAddress);
      await untilClosed(cluster);
      return 0;
    },
  },
  exec: {
    words: ["<name>"],
    takesCommand: true,
    help: "run a command whose Client() finds a cluster that was started on this computer",
    run: async (type, line) => await attached(type, operand(line, 0), (cluster) => runIn(cluster, line)),
  },
  scale: {
    words: ["<name>", "<workers>"],
    help: "give a cluster that was started on this computer another number of workers",
    run: async (type, line) => {
      const workers = operand(line, 1);
      if (!/^\d+$/.test(workers)) throw usage(`Expected a number of workers, got "${workers}".`);
      return await attached(type, operand(line, 0), async (cluster) => {
        await cluster.scale(Number(workers));
        return 0;
      });
    },
  },
  list: {
    words: [],
    help: "list the clusters that are there, whoever started them",
    run: async (type) => {
      say(table(await type.list()));
      return 0;
    },
  },
  remove: {
    words: ["<name>"],
    help: "take a cluster down by its tags, whoever started it",
    run: async (type, line) => {
      await type.remove(operand(line, 0));
      return 0;
    },
  },
  sweep: {
    words: [],
    help: "remove the clusters whose time (max-lifetime-ms) was over, and print their names",
    run: async (type) => {
      say((await type.sweep()).join("\n"));
      return 0;
    },
  },
  preview: {
    words: ["<scheduler|worker>"],
    help: "print what a machine of that role would be told, without the secrets",
    run: async (type, line) => {
      const role = operand(line, 0);
      if (role !== "scheduler" && role !== "worker") throw usage(`Expected "scheduler" or "worker", got "${role}".`);
      say(new type().previewStartupScript(role));
      return 0;
    },
  },
};
