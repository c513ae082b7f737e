import { printableName } from "../../../text/printable.ts";
import { sleep } from "../../../wait.ts";
import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";
import { untilInterrupt } from "../../interrupt.ts";
import { openInBrowser } from "../../open-in-browser.ts";
import { usage } from "../../usage.ts";

const LONGEST_TIMER_MS = 2_147_483_647;

export const dashboard: Command = {
  name: "dashboard",
  summary: "open Dask's dashboard on this computer until Ctrl-C",
  details: ["Prints a URL for a browser on this computer. It holds a key: treat it as a password."],
  group: "Look",
  cluster: "known",
  options: [
    { flags: "--open", help: "open it in the browser" },
    { flags: "--port <n>", help: "the port on 127.0.0.1 (default: any free one)" },
  ],
  run: async (call) => {
    const port = call.own.text("port") ?? "0";
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      throw usage(`Expected a port number, got "${printableName(port)}".`, "dashboard");
    return await attached(call, async (cluster) => {
      await using opened = await cluster.dashboard({ port: Number(port) });
      const { url } = opened;
      call.out.result({ text: url, data: { name: cluster.name, url } });
      await using _page = call.own.flag("open") ? await openInBrowser(url, (text) => call.out.warn(text)) : undefined;
      return await untilInterrupt(async (signal) => {
        for (;;) await sleep(LONGEST_TIMER_MS, signal);
      });
    });
  },
};
