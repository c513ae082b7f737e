import fc from "fast-check";
import { expect, test } from "vitest";

import { checkSubmission } from "../../../../src/access/jobs/job-options.ts";
import { OutputLines } from "../../../../src/access/jobs/output-lines.ts";

function linesOf(parts: readonly Uint8Array[]): readonly string[] {
  const lines = new OutputLines();
  return [...parts.flatMap((part) => [...lines.add(part)]), ...lines.end()];
}

test("Lines are the same however the output is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" }).filter((text) => !/[\n\r]/u.test(text))),
      fc.array(fc.nat()),
      (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(linesOf(parts)).toEqual(texts);
      },
    ),
  );
});

test("Windows' line ends, a last line without one, bytes that are no text and endless lines pass", () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
  expect(linesOf([bytes("a\r\n\n\rb\nc")])).toEqual(["a", "", "\rb", "c"]);
  expect(linesOf([bytes("\xff\n")])).toEqual(["\u{FFFD}"]);
  const endless = Array.from({ length: 5 }, () => Buffer.alloc(600_000, "x"));
  expect(linesOf(endless).map((line) => line.length)).toEqual([1_200_000, 1_200_000, 600_000]);
});

test("What no process could take is refused without a word of its content", () => {
  const secret = "hunter2";
  const refused: readonly (readonly [string, object])[] = [
    ["env.KEY: holds a NUL", { env: { KEY: `${secret}\0` } }],
    ["env.KEY: longer than", { env: { KEY: secret.repeat(20_000) } }],
    ["env.KEY: not a text", { env: { KEY: 7 } }],
    ["env: a variable's name", { env: { [`A=${secret}`]: "" } }],
    ["args[1]: holds a NUL", { args: ["a", `${secret}\0`] }],
    ["args[0]: not valid Unicode", { args: [`${secret}\u{D800}`] }],
    ["args and env have more", { args: Array.from({ length: 20 }, () => secret.repeat(10_000)) }],
    ['on: "scheduler" or "worker"', { on: secret }],
    ["resources: only a job", { resources: { GPU: 1 } }],
    ["resources.GPU", { on: "worker", resources: { GPU: -1 } }],
    ["id: it needs", { id: "../x" }],
  ];
  for (const [message, options] of refused) {
    const check = (): void => checkSubmission("a.py", options);
    expect(check).toThrow(message);
    expect(check).not.toThrow(secret);
  }
  for (const program of ["", { module: "-c" }, { module: "a b" }, { module: "" }, {}, 7]) {
    expect(() => checkSubmission(program as never, {})).toThrow("give the path of a script");
  }
  expect(() => checkSubmission({ module: "pkg.train" }, { on: "worker", resources: { GPU: 0.5 } })).not.toThrow();
});
