import { expect, test } from "vitest";

import type { OptionSource } from "../../../src/options/option-source.ts";
import { mostImportant, oneThing } from "../../../src/options/overlapping.ts";

const SOURCES = {
  flag: { kind: "flag", flag: "--f" },
  constructor: { kind: "constructor" },
  environment: { kind: "environment", variable: "V" },
  file: { kind: "file", path: "/p" },
  default: { kind: "default" },
} satisfies Record<OptionSource["kind"], OptionSource>;

type From = OptionSource["kind"];

interface Values {
  readonly publicIp: boolean | undefined;
  readonly usePrivateIp: boolean | undefined;
}

function publicIp([publicIp, from]: readonly [boolean?, From?], [usePrivateIp, olderFrom]: readonly [boolean?, From?]) {
  const values: Values = { publicIp, usePrivateIp };
  const sources = { publicIp: SOURCES[from ?? "default"], usePrivateIp: SOURCES[olderFrom ?? "default"] };
  return oneThing({ values, sources }, "publicIp", "usePrivateIp", (old) => !old);
}

test.each([
  [[], [], undefined],
  [[false, "constructor"], [false, "file"], false],
  [[true, "file"], [true, "environment"], false],
  [[true, "environment"], [true, "file"], true],
  [[], [true, "file"], false],
  [[false, "file"], [], false],
  [[true, "constructor"], [false, "constructor"], true],
  [[true, "constructor"], [true, "flag"], false],
] as const)("publicIp %j with the older spelling %j is %s", (newer, older, result) => {
  expect(publicIp(newer, older)).toBe(result);
});

test.each(["constructor", "environment", "file"] as const)(
  "Two that do not agree in the same source, %s, are refused",
  (from) => {
    expect(() => publicIp([true, from], [true, from])).toThrow(
      "The options `publicIp: true` and `usePrivateIp: true` contradict each other: give one of them.",
    );
  },
);

test("An empty text, as in dask-cloudprovider's own configuration, gives way to what is less important", () => {
  const values = { workerType: "", type: "large" };
  const sources = { workerType: SOURCES.constructor, type: SOURCES.file };
  expect(mostImportant({ values, sources }, "workerType", "type")).toBe("large");
});
