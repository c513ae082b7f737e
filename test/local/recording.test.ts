import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { isolatedState } from "../support/local-state.ts";
import { EmulatedScreen } from "../support/screen.ts";
import { Terminal } from "../support/terminal.ts";

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const [, RECORDED = ""] =
  /<!-- recorded -->\n\n```console\n(.*?)```\n/su.exec(readFileSync(path("README.md"), "utf8")) ?? [];
const [, COMMAND = ""] = /^\$ (dask-fleet .*)\n/u.exec(RECORDED) ?? [];

isolatedState();

/** Names and times vary. Warnings, and their ends, appear on a busy computer only. */
function withoutChance(text: string): readonly string[] {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/dask-[0-9a-f]{8}/gu, "dask-…")
    .replaceAll(/\b[\d.]+ s\b/gu, "… s")
    .split("\n")
    .filter((line) => !/: (?:warning|back to normal): /u.test(line));
}

test("the README shows the command's current output (npm run record)", async () => {
  const [, ...args] = COMMAND.replace("train.py", path("examples/train.py")).split(" ");
  const env = { ...process.env, TERM: "xterm-256color" };
  await using terminal = new Terminal([process.execPath, path("src/cli/main.ts"), ...args], env);
  const screen = new EmulatedScreen(80, 40);
  terminal.resize(screen.columns, screen.rows);
  expect(await terminal.ended).toBe(0);
  screen.write(terminal.shown);
  expect(withoutChance([`$ ${COMMAND}`, ...(await screen.lines()), ""].join("\n"))).toEqual(withoutChance(RECORDED));
});

test("the picture shows the same lines as the text", () => {
  const picture = readFileSync(path("docs/dask-fleet-run.svg"), "utf8");
  const lines = [...picture.matchAll(/<text[^>]*>(.*?)<\/text>/gu)].map(([, line = ""]) =>
    unescaped(line.replaceAll(/<[^>]*>/gu, "")),
  );
  expect(lines).toEqual(RECORDED.trimEnd().split("\n"));
  expect(Buffer.byteLength(picture)).toBeLessThan(8192);
});

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
