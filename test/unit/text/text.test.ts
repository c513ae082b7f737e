import { assert, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";

import { printable } from "../../../src/text/printable.ts";
import { tail } from "../../../src/text/text.ts";

/** In Python's format: the error below a traceback of so many frames. */
function traceback(error: string, frames = 12): string {
  const frame = '  File "/opt/dask/distributed/core.py", line 7, in start\n    await self\n    ^^^^^^^^^^\n';
  return `Traceback (most recent call last):\n${frame.repeat(frames)}${error}\n`;
}

const DIRECT = "\nThe above exception was the direct cause of the following exception:\n\n";
const DURING = "\nDuring handling of the above exception, another exception occurred:\n\n";
const CAUSE = "ssl.SSLCertVerificationError: certificate verify failed: certificate has expired (_ssl.c:1000)";
const LED_TO = "RuntimeError: Worker failed to start.";

describe("The console excerpt of an error", () => {
  test.each([DIRECT, DURING])("starts at the error that began a chain: %j", (link) => {
    const log = `booted\n${traceback(CAUSE)}${link}${traceback("OSError: timed out")}${link}${traceback(LED_TO)}`;
    const told = tail(log);
    expect(told).toMatch(
      /^\nConsole output \(first error\):\n {2}\| ssl\.SSLCert.* expired .*\nConsole output \(last/u,
    );
    expect(told).toMatch(/\nConsole output \(last lines\):\n[^]*\| RuntimeError: Worker failed to start\.$/u);
    expect(told).not.toContain("OSError");
    expect(told.split("\n").length).toBe(24);
  });

  test("has every line of that error, up to four", () => {
    const log = `${traceback("ValueError: one\ntwo\nthree\nfour\nfive")}${DIRECT}${traceback(LED_TO)}`;
    expect(tail(log)).toContain("(first error):\n  | ValueError: one\n  | two\n  | three\n  | four\nConsole");
  });

  test("is the same with prefixes of systemd and the kernel", () => {
    const log = `${traceback(CAUSE)}${DIRECT}${traceback(LED_TO)}`.trimEnd();
    const journal = (line: string, index: number): string => `[  ${index}.123456] dask-node[812]: ${line}`.trimEnd();
    expect(tail(log.split("\n").map(journal).join("\n"))).toContain(`(first error):\n  | ${CAUSE}\nConsole`);
  });

  test("shows a repeated error once, and at most three errors", () => {
    const attempt = (error: string): string => `${traceback(error)}${DIRECT}${traceback(LED_TO)}another try\n`;
    expect(tail(attempt(CAUSE).repeat(40)).split(CAUSE).length).toBe(2);
    const four = ["A: 1", "B: 2", "C: 3", "D: 4"].map(attempt).join("");
    expect(tail(four)).toContain("(first error):\n  | B: 2\n  | C: 3\n  | D: 4\nConsole");
  });

  test("is only the last lines if the message has the error already", () => {
    const log = `booted\n${traceback(CAUSE, 2)}`;
    expect(tail(log)).toMatch(/^\nConsole output \(last lines\):\n {2}\| booted\n/u);
    expect(tail(log)).not.toContain("first error");
    expect(tail(" \n")).toBe("");
  });

  test("has no terminal control sequences, and a maximum line length", () => {
    const told = tail(`\u001B[31mred\u001B[0m \u001B]0;title\u0007bell\u0007\b\r\n\u202Eback\r${"x".repeat(9000)}`);
    expect(told).toBe(
      `\nConsole output (last lines):\n  | red bell\\u{7}\\u{8}\n  | \\u{202e}back\n  | ${"x".repeat(500)}… (8,500 more characters)`,
    );
  });
});

const DANGEROUS = /(?![\n\t])\p{Cc}|[\p{Cf}\p{Zl}\p{Zp}]/u;
const character = integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code));

test("Printable text has no control characters but line feeds and tabs, and is idempotent", () => {
  assert(
    property(string({ unit: character }), (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(DANGEROUS);
      expect(printable(shown)).toBe(shown);
    }),
  );
  expect(printable("größer als 10 µs, 東京 🚀\n\tok")).toBe("größer als 10 µs, 東京 🚀\n\tok");
});
