import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

import { beforeAll, expect, test } from "vitest";

import { patient } from "../support/patience.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Of [text](target) and ![text](target), and of HTML. */
const LINKS = /\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"]+)"/gu;

let packed: ReadonlySet<string>;
let pages: readonly string[];

beforeAll(() => {
  const answer = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  // npm 12 answers with an object by package name, npm 11 with an array.
  const [first] = Object.values(JSON.parse(answer) as Record<string, { readonly files: readonly { path: string }[] }>);
  packed = new Set(first?.files.map(({ path }) => path));
  pages = [...packed].filter((path) => path.endsWith(".md") && !path.startsWith("dist/")).sort();
}, patient(30_000));

const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** A page without its code. */
function prose(page: string): string {
  return read(page)
    .replaceAll(/^```.*?^```$/gmsu, "")
    .replaceAll(/`[^`\n]*`/gu, (code) => (code.includes("](") ? "" : code));
}

function linksIn(page: string): readonly string[] {
  return [...prose(page).matchAll(LINKS)].map(([, markdown, html]) => markdown ?? html ?? "");
}

/** As GitHub makes them of headings; one that comes again has a number. A page can have anchors of its own, too. */
function anchorsIn(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = [
    ...read(page)
      .replaceAll(/^```.*?^```$/gmsu, "")
      .matchAll(/^#{1,6} (.+)$/gmu),
  ].map(([, heading = ""]) => {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  const own = [...read(page).matchAll(/<a id="([^"]+)"><\/a>/gu)].map(([, id = ""]) => id);
  return new Set([...anchors, ...own]);
}

test("every relative link and anchor of the pages resolves inside the npm package", () => {
  expect(pages).toEqual(
    expect.arrayContaining(["README.md", "SECURITY.md", "docs/README.md", "docs/providers/aws.md"]),
  );
  const links = pages.flatMap((page) => linksIn(page).map((link) => ({ page, link })));
  expect(links.length).toBeGreaterThan(100);
  const broken = links.filter(({ page, link }) => {
    if (link.startsWith("https:")) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : posix.normalize(posix.join(dirname(page), decodeURIComponent(path)));
    return !packed.has(target) || (anchor !== undefined && !anchorsIn(target).has(anchor));
  });
  expect(broken).toEqual([]);
});

test("every page of docs/ is in the index, and pictures have alternative text", () => {
  const index = new Set(linksIn("docs/README.md").map((link) => posix.join("docs", link)));
  // The pages of the interface are generated; those below their first one are not for an index by question.
  const missing = pages.filter((page) => /^docs\/(?!README\.md$|api\/)/u.test(page) && !index.has(page));
  expect(missing).toEqual([]);
  for (const page of pages) expect(prose(page)).not.toMatch(/!\[\s*\]\(/u);
});
