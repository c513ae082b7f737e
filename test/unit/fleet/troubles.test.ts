import { expect, test } from "vitest";

import { Troubles } from "../../../src/fleet/troubles.ts";
import type { ProgressEvent } from "../../../src/progress.ts";

test("Each group of workers has its own troubles, and the end of one does not affect another's", () => {
  const told: unknown[] = [];
  const troubles = new Troubles((event: ProgressEvent) => {
    if (event.type === "trouble") told.push([event.change, event.group, event.message]);
  });
  troubles.tell("creation", "no cpu", { group: "cpu" });
  troubles.tell("creation", "no gpu", { group: "gpu", began: new Date(0) });
  troubles.tell("care", "no list");
  troubles.over("creation", "cpu");
  troubles.tellOf("creation", "still no gpu", { group: "gpu" });
  expect(troubles.describe()).toMatch(/^; since 1970-01-01T00:00:00.000Z: still no gpu; since 2\S+: no list$/);
  troubles.tellOf("creation", undefined, { group: "gpu" });
  troubles.over("creation");
  troubles.over("care");
  expect([troubles.none, told]).toEqual([
    true,
    [
      ["began", "cpu", "no cpu"],
      ["began", "gpu", "no gpu"],
      ["began", undefined, "no list"],
      ["ended", "cpu", "no cpu"],
      ["lasts", "gpu", "still no gpu"],
      ["ended", "gpu", "still no gpu"],
      ["ended", undefined, "no list"],
    ],
  ]);
});
