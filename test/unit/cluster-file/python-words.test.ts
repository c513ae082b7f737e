import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { pythonWords } from "../../../src/cluster-file/ads/python-words.ts";

const TEXTS = [
  "",
  "  a  b\tc\n",
  "'a b' \"c d\"e'f'",
  String.raw`a\ b \" "\"\\\n" 'it\'`,
  "'' \"\" x''",
  "--url x?a=1&b=2 $HOME ~ # (1) *",
  "'open",
  '"open',
  "end\\",
];

test("Words are those of Python's shlex", () => {
  const program = `
import json, shlex, sys
def split(text):
    try:
        return shlex.split(text)
    except ValueError:
        return None
print(json.dumps([split(text) for text in json.load(sys.stdin)]))`;
  const said = execFileSync("python3", ["-c", program], { input: JSON.stringify(TEXTS), encoding: "utf8" });
  expect(TEXTS.map((text) => pythonWords(text) ?? null)).toEqual(JSON.parse(said));
});
