import { expect, test } from "vitest";

import type { Holder } from "../../../src/state/holder.ts";
import { judge, type Judgement } from "../../../src/state/judgement.ts";
import type { ProcessIdentity, Vantage } from "../../../src/state/process-identity.ts";

const SILENT_MS = 90_000;
const HERE: Vantage = { bootId: "boot", pidNamespace: "pid:[1]" };
const HOLDER: Holder = { id: "a", pid: 7, host: "laptop", startTime: "100", ...HERE };
const ALIVE: ProcessIdentity = { startTime: "100", group: 7, ended: false };
const ANCIENT: Holder = { pid: 7, host: "laptop", startTime: "100" };

test.each<readonly [string, Holder | undefined, ProcessIdentity | undefined, number, Judgement]>([
  ["a running process leads, however long its silence: it may be stopped", HOLDER, ALIVE, 1e9, "held"],
  ["a process that has ended loses the lead immediately", HOLDER, undefined, 0, "free"],
  ["its number was reused by another process", HOLDER, { ...ALIVE, startTime: "200" }, 0, "free"],
  ["it has ended as a zombie", HOLDER, { ...ALIVE, ended: true }, 0, "free"],
  ["the host name does not matter", { ...HOLDER, host: "renamed" }, ALIVE, 1e9, "held"],
  [
    "another PID namespace: a free number here proves nothing",
    { ...HOLDER, pidNamespace: "pid:[2]" },
    undefined,
    1000,
    "held",
  ],
  [
    "another PID namespace, with a process of that number here",
    { ...HOLDER, pidNamespace: "pid:[2]" },
    ALIVE,
    1e6,
    "silent",
  ],
  ["another computer, or this one before a reboot", { ...HOLDER, bootId: "other" }, ALIVE, 1e6, "silent"],
  ["another computer with a recent renewal", { ...HOLDER, bootId: "other" }, undefined, 1000, "held"],
  [
    "the clock was set back by a day: silent rather than held for a day",
    { ...HOLDER, bootId: "other" },
    undefined,
    -86_400_000,
    "silent",
  ],
  ["a damaged file is judged by its age: young", undefined, undefined, 1000, "held"],
  ["a damaged file is judged by its age: old", undefined, undefined, 1e6, "silent"],
  ["a record without a lease, of a running process", ANCIENT, ALIVE, 1e9, "held"],
  ["a record without a lease, of a process that has ended", ANCIENT, undefined, 1e9, "silent"],
  ["without a known namespace, only its age counts", { ...HOLDER, pidNamespace: undefined }, undefined, 1000, "held"],
])("%s", (_, holder, now, ageMs, judgement) => {
  expect(judge({ holder, released: false, ageMs }, { here: HERE, now, silentMs: SILENT_MS })).toBe(judgement);
  expect(judge({ holder, released: true, ageMs }, { here: HERE, now, silentMs: SILENT_MS })).toBe("free");
});
