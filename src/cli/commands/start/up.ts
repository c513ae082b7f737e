import type { Command } from "../../command.ts";

export const up: Command = {
  name: "up",
  summary: "make the cluster of that name be there as described, from options or a file",
  details: [
    "Starts it as `start --detach` does, unless a cluster of that name is there: then it scales that one, or says which options differ and changes nothing. A program of the file's `run:` runs then, and its exit code is passed on. `down` removes the cluster.",
  ],
  examples: [
    ["dask-fleet up cluster.yaml", "from a file"],
    ["dask-fleet up cluster.yaml --set workers=8", "again, with another number of workers"],
    ["dask-fleet up ec2 --name demo --n-workers 4", "from options"],
  ],
  group: "Start and stop",
  cluster: "described",
  operands: [{ name: "file", help: "a cluster file, instead of the provider", optional: true }],
  options: [
    { flags: "--file <file>", help: "the same" },
    { flags: "--set <key=value>", help: "a value over the file's; repeatable", many: true },
    { flags: "--profile <name>", help: "a profile instead of the file's" },
    { flags: "--provider <provider>", help: "a provider instead of the file's" },
  ],
  run: async (call) => await (await import("../../life/up.ts")).upCluster(call),
};
