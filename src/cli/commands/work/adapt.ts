import { printableName } from "../../../text/printable.ts";
import { typeOf } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { boundsIn } from "../../life/sizes.ts";
import { usage } from "../../usage.ts";

export const adapt: Command = {
  name: "adapt",
  summary: "follow Dask's adaptive target between bounds",
  details: [
    "The process that looks after the cluster carries it out, after this command has ended. `scale` ends it, and so does --off, which keeps the present number of workers.",
  ],
  examples: [
    ["dask-fleet adapt demo 0..8", "none to eight worker machines"],
    ["dask-fleet adapt demo gpu=0..2", "those of a group"],
    ["dask-fleet adapt demo --off", "keep the present number"],
  ],
  group: "Work",
  cluster: "known",
  operands: [
    { name: "bounds", help: "MINIMUM..MAXIMUM, or GROUP=MINIMUM..MAXIMUM", optional: true, many: true, groups: "=" },
  ],
  options: [{ flags: "--off", help: "end adapting, of all groups or of those named" }],
  run: async (call) => {
    const { name, operands, out } = call;
    const off = call.own.flag("off");
    if (!off && operands.length === 0) throw usage("Expected bounds such as 0..8, or --off.", "adapt");
    const type = await typeOf(call);
    const bounds = off ? [] : boundsIn(operands, "adapt");
    const asked = off
      ? (operands.length === 0 ? [undefined] : operands).map((group) => [group, "off"] as const)
      : bounds.map(({ group, ...each }) => [group, each] as const);
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
