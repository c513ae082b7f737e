import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import type { Page } from "playwright-core";

import { Listening } from "../../packages/simulated-clouds/src/support/listening.ts";
import { patient } from "../support/patience.ts";

/** What a page read from another origin: an entry for each attack that succeeded. */
export type Loot = Readonly<Record<string, string>>;

const SCRIPT = fileURLToPath(new URL("plunder.js", import.meta.url));

/** Serves a page on a port of its own, under any host name. */
export async function serveEvilPage(): Promise<Listening> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<title>evil</title><body></body>");
  });
  return await Listening.open(server, 0, "127.0.0.1");
}

/** Goes to a page and lets it try all that a page can do to get at the dashboard at `url`. */
export async function plunder(page: Page, from: string, url: string): Promise<Loot> {
  await page.addInitScript({ path: SCRIPT });
  await page.goto(from);
  return await page.evaluate<Loot>(`plunder(${JSON.stringify({ url, patienceMs: patient(2500) })})`);
}
