import { spawnSync } from "node:child_process";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { shellWords } from "../../../src/bootstrap/shell/shell-words.ts";
import { shellQuote } from "../../../src/text/shell-quote.ts";
import { HOSTILE } from "./bash.ts";

/** The words that a shell splits a text into, without globs and braces. */
function bashWords(text: string): string[] {
  const { status, stdout } = spawnSync("bash", ["--norc", "-f", "+B", "-c", `printf '%s\\0' ${text}`], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  expect(status).toBe(0);
  return stdout.split("\0").slice(0, -1);
}

describe("A string is split as a shell splits it", () => {
  test.each([
    `--shm-size 1g`,
    `-e TOKEN="abc def" --label 'it is'`,
    `--env=JSON='{"a": [1, 2]}' -e "B=\\"x\\" \\\\ \\$HOME \\n"`,
    `a\\ b c\\\\d 'e\\f' "g\\h" ''`,
    `--gpus '"device=0,1"' --mount type=bind,source=/a,target=/b`,
    `a'b'"c"d  \t e`,
    `one \\\n two th\\\nree "fo\\\nur"`,
    `x#y a~b --volume=~/x [::1]:80 * ? {a,b} !`,
    `"" --name ""`,
    `grüße 漢字 "🦉 \u00A0"\u00A0`,
  ])("%j", (text) => {
    expect(shellWords(text)).toEqual(bashWords(text));
  });

  test("also across lines, as in YAML", () => {
    expect(shellWords("--shm-size\n  1g\r\n-e A=1\n")).toEqual(["--shm-size", "1g", "-e", "A=1"]);
    expect(shellWords(" \n ")).toEqual([]);
  });

  test("and any words survive quoting", () => {
    const word = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(shellWords(words.map(shellQuote).join(" "))).toEqual(words);
      }),
    );
  });
});

test.each([
  ["-e HOME=$HOME", 'an unquoted "$"'],
  ['-e "A=$(id)"', 'an unquoted "$"'],
  ['-e "A=\\\\$B"', 'an unquoted "$"'],
  ["-e A=`id`", "a backquote"],
  ['-e "A=`id`"', "a backquote"],
  ["-e A=1; reboot", 'an unquoted ";"'],
  ["-e A=1 && reboot", 'an unquoted "&"'],
  ["-e A=1 | tee", 'an unquoted "|"'],
  ["-e A=1 > file", 'an unquoted ">"'],
  ["-e A=1 < file", 'an unquoted "<"'],
  ["(a)", 'an unquoted "("'],
  ["-v ~/data:/data", 'an unquoted "~"'],
  ["-e A=1 # note", 'an unquoted "#"'],
  ['-e "A=1', "a quote that is not closed"],
  ["-e 'A=1", "a quote that is not closed"],
  ["it's", "a quote that is not closed"],
  ["-e A=1\\", "a backslash at its end"],
])("%s is refused: it has %s", (text, reason) => {
  expect(() => shellWords(text)).toThrow(reason);
});

test("~ at the start of a word expands to the home directory, if one is given", () => {
  const home = "/home/o'brien $x";
  const words = shellWords("~/bin/uv --dir ~ a~/b '~'/c ~/\\ d", { home: "/h" });
  expect(words).toEqual(["/h/bin/uv", "--dir", "/h", "a~/b", "~/c", "/h/ d"]);
  expect(shellWords("~/python", { home })).toEqual([`${home}/python`]);
  expect(() => shellWords("~root/python", { home })).toThrow('an unquoted "~"');
});
