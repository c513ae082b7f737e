import { describe, expect, test } from "vitest";

import {
  printable,
  printableLine,
  printableLines,
  printableMessage,
  printableName,
  printableText,
} from "../../../../src/text/printable.ts";
import { ALL_HOSTILE, HOSTILE_OUTPUTS, problemsIn } from "../../../support/hostile-output.ts";
import { patient } from "../../../support/patience.ts";

const HOSTILE = [...Object.entries(HOSTILE_OUTPUTS), ["all at once", ALL_HOSTILE]] as const;

describe("Attack by a hostile reply: displayed text", () => {
  test.each(HOSTILE)("text that %s is safe as a line, a name, lines and a message", (_what, text) => {
    for (const shown of [printableLine(text), printableName(text)]) {
      expect(problemsIn(shown)).toEqual([]);
      expect(shown).not.toContain("\n");
    }
    expect(problemsIn(printableLines(["ours", `${text.slice(0, 2000)} ours`, "ours"]))).toEqual([]);
    expect(problemsIn(printableMessage(`ours ${text}`.replaceAll("FORGED", "said")))).not.toContainEqual(
      expect.stringMatching(/^(?:U\+|forged)/u),
    );
    // Printing is idempotent.
    for (const show of [printable, printableText, printableLine, printableName]) {
      const shown = show(text.slice(0, 20));
      expect(show(shown)).toBe(shown);
    }
  });

  test.each([
    ["unterminated sequences", "\u001B[".repeat(100_000)],
    ["unterminated strings", "\u001B]x".repeat(100_000)],
    ["unterminated C1 strings", "\u009D".repeat(200_000)],
    ["parameters", `\u001B[${"1;".repeat(200_000)}`],
    ["blanks", " ".repeat(400_000)],
    ["lines", "\n\t ".repeat(100_000)],
  ])("%s take bounded time", (_what, text) => {
    const began = performance.now();
    for (const show of [printable, printableText, printableLine, printableName]) show(text);
    expect(performance.now() - began).toBeLessThan(patient(2000));
  });
});

test("Omitted text is indicated", () => {
  expect(printableLine("x".repeat(16_384))).toBe(`${"x".repeat(600)}… (15,784 more characters)`);
  expect(printableName("x".repeat(5_000_000))).toBe(`${"x".repeat(200)}… (4,999,800 more characters)`);
  // Escapes are never cut in half.
  expect(printableName(`${"x".repeat(197)}\u202E`)).toBe(`${"x".repeat(197)}… (8 more characters)`);
  const lines = printableText(Array.from({ length: 1000 }, (_, nth) => `line ${nth}`).join("\n")).split("\n");
  expect([lines.length, lines[0], lines[299], lines[300], lines.at(-1)]).toEqual([
    400,
    "line 0",
    "… (601 more lines)",
    "line 900",
    "line 999",
  ]);
});

test("Only the first line of a message starts at a line's beginning", () => {
  expect(printableMessage("dask-fleet: first\nsecond\n  | third\n")).toBe("dask-fleet: first\n  second\n    | third");
});

test("A name shows everything that distinguishes it from a lookalike", () => {
  const names = ["lab", "lab\u200B", "lab ", "lab\t", "lab\n", "\u001B[31mlab", "lab\uFE0F"].map((name) =>
    printableName(name),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(printableName("größer als 10 µs, 東京 🚀")).toBe("größer als 10 µs, 東京 🚀");
});
