import { isError, messageOf } from "../errors.ts";
import type { ClusterManager, EndReason } from "../index.ts";
import { printableName } from "../text/printable.ts";
import { sleep } from "../wait.ts";
import type { ClusterType } from "./cluster-types.ts";
import { type CommandLine, optionsOf, usage } from "./command-line.ts";
import { complain, say } from "./output.ts";
import { report, table } from "./show.ts";

/** A shell's exit codes for a command that it cannot start. */
const [NOT_EXECUTABLE, NOT_FOUND] = [126, 127];
const LONGEST_TIMER_MS = 2_147_483_647;

export interface Command {
  /** The words after the provider. */
  readonly words: readonly string[];
  readonly takesCommand?: boolean;
  /** Options of the command itself, not of the cluster; one that takes a value ends in `=`. */
  readonly flags?: readonly string[];
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (type: ClusterType, line: CommandLine) => Promise<number>;
}

/** The words after the command and the provider. */
function operand({ words }: CommandLine, nth: number): string {
  return words[2 + nth] ?? "";
}

async function started(type: ClusterType, options: object): Promise<ClusterManager> {
  const cluster = new type(options);
  report(cluster);
  return await cluster.start();
}

async function attached(
  type: ClusterType,
  line: CommandLine,
  work: (cluster: ClusterManager) => Promise<number>,
): Promise<number> {
  const cluster = await type.attach(operand(line, 0), { options: optionsOf(line) });
  try {
    return await work(cluster);
  } finally {
    await cluster.detach();
  }
}

/** Exits as a shell would. */
async function runIn(cluster: ClusterManager, { rest: [command = "", ...args] }: CommandLine): Promise<number> {
  try {
    return await cluster.run(command, args, { check: false });
  } catch (error) {
    const code = notStarted(error);
    if (code === undefined) throw error;
    complain(messageOf(error));
    return code;
  }
}

function notStarted(error: unknown): number | undefined {
  const { syscall = "", code } = (isError(error) ? (error.cause ?? {}) : {}) as NodeJS.ErrnoException;
  if (!syscall.startsWith("spawn")) return undefined;
  return code === "ENOENT" ? NOT_FOUND : NOT_EXECUTABLE;
}

/** Waits until the cluster has closed, by a signal or by itself, or could not be removed completely. Returns the exit code. */
async function untilClosed(cluster: ClusterManager): Promise<number> {
  const closed = new AbortController();
  const look = (): void => {
    if (cluster.state === "closed" || cluster.state === "failed") closed.abort();
  };
  cluster.onProgress(look);
  look();
  while (!closed.signal.aborted) await sleep(LONGEST_TIMER_MS, closed.signal).catch(() => undefined);
  if (cluster.state === "failed") return 1;
  return cluster.closedBecause === undefined ? 0 : EXIT_CODES[cluster.closedBecause];
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    words: [],
    takesCommand: true,
    help: "start a cluster (1 worker by default), run a command with a Client() that connects to it, close the cluster",
    run: async (type, line) => {
      // Without a worker the command would hang.
      await using cluster = await started(type, optionsOf(line, { nWorkers: 1 }));
      return await runIn(cluster, line);
    },
  },
  start: {
    words: [],
    help: "start a cluster, print its scheduler's address and keep the cluster running until Ctrl-C",
    run: async (type, line) => {
      await using cluster = await started(type, optionsOf(line));
      say(cluster.schedulerAddress);
      return await untilClosed(cluster);
    },
  },
  exec: {
    words: ["<name>"],
    takesCommand: true,
    help: "run a command with a Client() that connects to a cluster started on this computer",
    run: async (type, line) => await attached(type, line, (cluster) => runIn(cluster, line)),
  },
  scale: {
    words: ["<name>", "<workers>"],
    help: "change the number of workers of a cluster started on this computer",
    run: async (type, line) => {
      const workers = operand(line, 1);
      if (!/^\d+$/.test(workers)) throw usage(`Expected a number of workers, got "${workers}".`);
      return await attached(type, line, async (cluster) => {
        await cluster.scale(Number(workers));
        return 0;
      });
    },
  },
  list: {
    words: [],
    help: "list all clusters, including those started elsewhere",
    run: async (type, line) => {
      say(table(await type.list(optionsOf(line))));
      return 0;
    },
  },
  remove: {
    words: ["<name>"],
    flags: ["forget", "id="],
    help:
      "remove a cluster by its tags, also one started elsewhere; --id ID picks one of several with that name; --forget " +
      "deletes the record of a cluster that is not found",
    run: async (type, line) => {
      const forget = line.options.get("forget") === "True";
      const id = line.options.get("id");
      await type.remove(operand(line, 0), optionsOf(line), { forget, id });
      return 0;
    },
  },
  sweep: {
    words: [],
    help: "remove expired or fully powered-off clusters and print their names; run it from cron",
    run: async (type, line) => {
      say((await type.sweep(optionsOf(line))).map((name) => printableName(name)).join("\n"));
      return 0;
    },
  },
  preview: {
    words: ["<scheduler|worker>"],
    help: "print the cloud-init user data of that role, secrets redacted",
    run: async (type, line) => {
      const role = operand(line, 0);
      if (role !== "scheduler" && role !== "worker") throw usage(`Expected "scheduler" or "worker", got "${role}".`);
      say(new type(optionsOf(line)).previewStartupScript(role));
      return 0;
    },
  },
};

/** Exit codes of `dask-fleet start` when its cluster ends by itself, for supervisors. */
export const EXIT_CODES: Readonly<Record<EndReason, number>> = {
  "idle-timeout": 3,
  lifetime: 4,
  shutdown: 5,
  removed: 6,
  crash: 7,
  unknown: 8,
  "no-client": 9,
};
