import { expect, test } from "vitest";

import { type CloudFailure, ErrorTable, triesOf } from "../../../src/cloud/errors/error-table.ts";

const TABLE = new ErrorTable<CloudFailure>("The cloud", [
  { codes: ["Full"], about: /zone b/, meaning: "configuration", say: "Zone b is closed." },
  { codes: ["Full"], meaning: "capacity", say: (failure) => `No room${triesOf(failure)}.` },
  { codes: /Limit$/, statuses: [400], meaning: "quota", say: "A limit is used up." },
  { codes: ["NoSpot"], actions: /^Make/, elsewhere: true, meaning: "permission", say: "No spot machines." },
]);

function failure(parts: Partial<CloudFailure>): CloudFailure {
  return { action: "MakeMachines", codes: [], status: 400, message: "", attempts: 1, ...parts };
}

test("The first matching rule wins, and sets code and fall-back", () => {
  expect(TABLE.explain(failure({ codes: ["Full"], message: "in zone b" }))).toEqual({
    code: "CONFIG_INVALID",
    meaning: "configuration",
    elsewhere: false,
    sentence: "Zone b is closed.",
  });
  expect(TABLE.explain(failure({ codes: ["x", "Full"], attempts: 3 }))).toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    elsewhere: true,
    sentence: "No room after 3 attempts.",
  });
  expect(TABLE.explain(failure({ codes: ["VcpuLimit"] }))).toMatchObject({ code: "QUOTA_EXCEEDED", elsewhere: true });
  expect(TABLE.explain(failure({ codes: ["NoSpot"] }))).toMatchObject({ code: "AUTH_FAILED", elsewhere: true });
});

test.each([
  [undefined, "unknown"],
  [500, "transient"],
  [429, "throttled"],
  [401, "credentials"],
  [403, "permission"],
  [404, "gone"],
  [400, "configuration"],
  [422, "configuration"],
  [418, "unknown"],
] as const)("Without a matching rule, the status %s means %s", (status, meaning) => {
  const odd = failure({ codes: ["Odd"], status });
  expect(TABLE.knows(odd)).toBe(false);
  expect(TABLE.explain(odd)).toMatchObject({ meaning, sentence: expect.stringMatching(/^The cloud .+\.$/) });
});
