import { printableName } from "../../../text/printable.ts";
import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { boundsIn } from "../../life/sizes.ts";

export const adapt: Command = {
  name: "adapt",
  summary: "have workers follow what tasks ask for, between bounds",
  details: [
    "Without bounds each group of workers that has a maximum follows what its resources are asked for, within its own bounds. With bounds only the named groups do, besides those that did before.",
    "The process that looks after the cluster carries it out, after this command has ended. `scale` ends it, and so does --off, which keeps the present number of workers.",
  ],
  examples: [
    ["dask-fleet adapt demo", "each group that has a maximum"],
    ["dask-fleet adapt demo 0..8", "none to eight worker machines"],
    ["dask-fleet adapt demo gpu=0..2", "those of a group"],
    ["dask-fleet adapt demo --off gpu", "keep the present number of a group; without a name of all"],
  ],
  group: "Work",
  cluster: "known",
  operands: [
    {
      name: "bounds",
      help: "MINIMUM..MAXIMUM, GROUP=MINIMUM..MAXIMUM, or GROUP alone within its own bounds",
      optional: true,
      many: true,
      groups: "=",
    },
  ],
  options: [{ flags: "--off", help: "end adapting, of all groups or of those named" }],
  run: async (call) => {
    const { name, operands, out } = call;
    const off = call.own.flag("off");
    const type = await typeOf(call);
    const bounds = off ? [] : boundsIn(operands, "adapt");
    const asked = off
      ? (operands.length === 0 ? [undefined] : operands).map((group) => [group, "off"] as const)
      : (bounds.length === 0 ? [{ group: undefined }] : bounds).map(({ group, ...each }) => [group, each] as const);
    const carriers = [];
    for (const [group, each] of asked) carriers.push(await type.adapt(name, each, group));
    const launcher = carriers.at(-1)?.launcher;
    const words = off ? "does not adapt any more" : "adapts";
    const who =
      launcher === undefined
        ? "nobody looks after it: it waits for a launcher"
        : `process ${launcher.pid} on ${printableName(launcher.host)} carries it out`;
    out.result({
      text: `${printableName(name)} ${words}; ${who}`,
      data: { name, off, bounds, launcher: launcher ?? null },
    });
    out.next(
      launcher === undefined
        ? [[`dask-fleet watch ${name}`, "look after the cluster from this terminal"]]
        : [[`dask-fleet status ${name}`, "see what it does"]],
    );
    return 0;
  },
};
