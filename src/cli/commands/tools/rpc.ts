import type { Command } from "../../command.ts";

export const rpc: Command = {
  name: "rpc",
  summary: "start, use and close clusters for another program, over JSON lines",
  details: [
    "Reads requests from standard input and writes answers and events to standard output, a JSON document a line: docs/rpc.md. The " +
      "Python package dask-fleet uses it.",
    "The end of standard input closes the clusters that were started. So do SIGTERM, SIGHUP, and Ctrl-C in a terminal; any other " +
      "SIGINT is ignored.",
  ],
  group: "Tools",
  cluster: "none",
  ownsOutput: true,
  run: async () => await (await import("../../rpc/standard-streams.ts")).rpcOnStandardStreams(),
};
