import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { readManifests } from "../providers.mjs";

/** What stands at the left, for each cell of a column. */
const ROWS = {
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

const MARKED = /(<!-- generated: ([^>]+?) -->)(\s*)[^]*?(\s*<!-- \/generated -->)/g;

/** What the documentation says of each cloud, where a page has `<!-- generated: clouds -->` … `<!-- /generated -->`. */
export async function generate(root) {
  const manifests = await readManifests(root);
  const clouds = manifests.filter(({ column }) => column !== undefined);
  const made = {
    clouds: () => table("option", clouds, ({ column }) => column, ROWS),
    "IPv6 on clouds": () => table("machines", clouds, ({ column }) => column.ipv6, IPV6_ROWS),
    "links to clouds": (page, anchor) => links(page, clouds, anchor),
    "links to providers": (page, anchor) => links(page, manifests, anchor),
  };
  const pages = ["README.md", ...globSync("docs/*.md", { cwd: root })].map((page) => {
    const text = readFileSync(join(root, page), "utf8");
    const filled = text.replaceAll(MARKED, (whole, begin, what, before, end) => {
      const [name, anchor] = what.split("#");
      return Object.hasOwn(made, name) ? `${begin}${before}${made[name](page, anchor)}${end}` : whole;
    });
    return [page, filled];
  });
  return Object.fromEntries(pages);
}

function table(about, clouds, columnOf, rows) {
  const head = [about, ...clouds.map(({ name }) => name)];
  const body = Object.entries(rows).map(([key, words]) => [words, ...clouds.map((cloud) => columnOf(cloud)[key])]);
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function links(from, manifests, anchor) {
  return manifests
    .map(({ title, page }) => {
      const target = relative(dirname(from), page);
      return `[${title}](${target}${anchor === undefined ? "" : `#${anchor}`})`;
    })
    .join(", ");
}
