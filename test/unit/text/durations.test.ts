import fc from "fast-check";
import { expect, test } from "vitest";

import { durationInFull, durationInWords, durationText, readDuration } from "../../../src/text/durations.ts";

test.each([
  ["20m", 1_200_000],
  ["4h", 14_400_000],
  ["90s", 90_000],
  ["500ms", 500],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["1d", 86_400_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["0.1s", 100],
  ["1w", 604_800_000],
  ["20 min", 1_200_000],
  ["1 hour 30 minutes", 5_400_000],
  ["2 days", 172_800_000],
  ["3 hrs", 10_800_000],
  [" 20M ", 1_200_000],
  ["0", 0],
  ["0s", 0],
])("%j is %i ms", (text, ms) => {
  expect(readDuration(text)).toBe(ms);
});

test.each([
  [
    "",
    "  ",
    "m",
    "20",
    "1:30",
    "-5m",
    "1h-30m",
    "4e3",
    "1e3s",
    "20x",
    "20 mn",
    "5mm",
    "1m30h",
    "1h1h",
    "PT20M",
    "0.5ms",
  ],
  ["Infinityh", "NaNs", "20m later", "1,5h", "never", "9".repeat(400) + "h", "1..5h", "0x10s", "１0m"],
])("%j and the like are no durations", (...texts) => {
  expect(texts.filter((text) => readDuration(text) !== undefined)).toEqual([]);
});

test("a duration written and read is the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.nat(100_000), (ms, minutes) => {
      expect(readDuration(durationText(ms))).toBe(ms);
      expect(readDuration(durationInFull(ms))).toBe(ms);
      expect(readDuration(durationInWords(minutes * 60_000))).toBe(minutes * 60_000);
    }),
  );
});

test.each([
  [1_200_000, "20m", "20 min", "20 minutes"],
  [14_400_000, "4h", "4 h", "4 hours"],
  [5_400_000, "1h30m", "90 min", "90 minutes"],
  [90_000, "1m30s", "90 s", "90 seconds"],
  [86_400_000, "1d", "1 d", "1 day"],
  [1500, "1s500ms", "1.5 s", "1500 milliseconds"],
  [0, "0", "0 s", "0 milliseconds"],
])("%i ms is written %s, in words %s, in full %s", (ms, brief, words, full) => {
  expect([durationText(ms), durationInWords(ms), durationInFull(ms)]).toEqual([brief, words, full]);
});

test("a long text that is no duration is refused at once", () => {
  const start = performance.now();
  expect(readDuration(`${"1".repeat(100_000)}x`)).toBeUndefined();
  expect(readDuration(`1h${" ".repeat(100_000)}x`)).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(1000);
});
