import { readFileSync } from "node:fs";
import { join } from "node:path";

import { putBetween } from "../marked.mjs";
import { readManifests } from "../providers.mjs";

const PAGE = "docs/clouds.md";

/** What stands at the left, for each cell of a column. */
const FIRST_ROWS = {
  publicIp: "`publicIp`",
  allowedCidrs: "`allowedCidrs`",
  security: "`security`",
  spot: "`spot`",
  maxLifetimeMs: "`maxLifetimeMs`",
  idleTimeoutMs: "`idleTimeoutMs`",
  minWorkers: "`minWorkers`",
  gpu: "GPU",
  arm: "ARM",
};
const IPV6_ROWS = {
  only: "without IPv4",
  both: "with both, reached by IPv6",
  allowedCidrs: "`allowedCidrs` with IPv6 ranges",
};

/** What each cloud has, a column for each, and where more is said of it. */
export async function generate(root) {
  const clouds = (await readManifests(root)).filter(({ column }) => column !== undefined);
  const pages = clouds.map(({ title, page }) => `[${title}](${page.replace(/^docs\//, "")})`);
  let text = readFileSync(join(root, PAGE), "utf8");
  text = putBetween(
    text,
    "clouds",
    table("option", clouds, ({ column }) => column, FIRST_ROWS),
  );
  text = putBetween(
    text,
    "clouds: IPv6",
    table("machines", clouds, ({ column }) => column.ipv6, IPV6_ROWS),
  );
  text = putBetween(text, "clouds: pages", `How to ask for each: ${pages.join(", ")}.`);
  return { [PAGE]: text };
}

function table(about, clouds, columnOf, rows) {
  const head = [about, ...clouds.map(({ name }) => name)];
  const body = Object.entries(rows).map(([key, words]) => [words, ...clouds.map((cloud) => columnOf(cloud)[key])]);
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
