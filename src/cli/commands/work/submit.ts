import { basename } from "node:path";

import type { ClusterManager, Job, SubmitOptions } from "../../../index.ts";
import { attached } from "../../clusters.ts";
import type { Call, Command } from "../../command.ts";
import { followed } from "../../life/followed-job.ts";
import { pairsIn } from "../../pairs.ts";
import { usage } from "../../usage.ts";

export const submit: Command = {
  name: "submit",
  summary: "run a Python program on the cluster; it goes on when this computer is switched off",
  details: [
    "Prints the job's id, then its output until it is over, and exits with the job's exit code. Ctrl-C leaves the job running.",
    "The script and the files of --file are sent; Client() inside needs no arguments.",
  ],
  examples: [
    ["dask-fleet submit demo -- train.py --n 10", "a script"],
    ["dask-fleet submit demo --file lib/ --env DEPTH=3 -- python -m lib.train", "a module, with its files"],
    ["dask-fleet submit demo --detach --id train-1 -- train.py", "see it with: dask-fleet logs demo --job train-1"],
  ],
  group: "Work",
  cluster: "known",
  takesCommand: true,
  options: [
    { flags: "-d, --detach", help: "do not wait for the job" },
    { flags: "--id <id>", help: "the job's id; submitting it again is the same job (default: a random one)" },
    { flags: "--file <path>", help: "a file or folder that the job needs; repeatable", many: true },
    {
      flags: "--env <name=value>",
      help: "a variable of the job; NAME alone takes this computer's; repeatable",
      many: true,
    },
    { flags: "--on <place>", help: "beside the scheduler or a worker", choices: ["scheduler", "worker"] },
    { flags: "--resource <name=amount>", help: "a Dask resource that its worker must have; repeatable", many: true },
  ],
  run: async (call) => {
    const { program, args } = programIn(call.rest);
    const options = { ...optionsIn(call), args };
    return await attached(call, async (cluster) => {
      const job = await cluster.submit(program, options);
      return call.own.flag("detach") ? tellOf(call, cluster, job) : await followed(call, cluster, job);
    });
  },
};

/** `python train.py --n 10`, `python -m pkg.train` or `train.py --n 10`. */
export function programIn(words: readonly string[]): {
  readonly program: string | { readonly module: string };
  readonly args: readonly string[];
} {
  const [first = "", ...others] = words;
  const [program = "", ...args] = /^python[\d.]*$/.test(basename(first)) ? others : words;
  if (program === "-m") {
    const [module = "", ...more] = args;
    return { program: { module }, args: more };
  }
  if (program === "" || program.startsWith("-")) throw usage("Name a script, or a module with -m.", "submit");
  return { program, args };
}

function optionsIn({ own }: Call): SubmitOptions {
  const on = own.text("on");
  return {
    files: own.list("file"),
    env: pairsIn("--env", own.list("env"), process.env),
    resources: Object.fromEntries(
      Object.entries(pairsIn("--resource", own.list("resource"))).map(([name, amount]) => [name, Number(amount)]),
    ),
    ...(on === "scheduler" || on === "worker" ? { on } : {}),
    ...(own.text("id") === undefined ? {} : { id: own.text("id") }),
  };
}

function tellOf({ out }: Call, { name }: ClusterManager, job: Job): number {
  out.result({ text: job.id, data: { cluster: name, ...job.lastStatus } });
  out.next([
    [`dask-fleet logs ${name} --job ${job.id} --follow`, "its output"],
    [`dask-fleet jobs ${name}`, "all jobs"],
    [`dask-fleet jobs ${name} --cancel ${job.id}`, "end it"],
  ]);
  return 0;
}
