import { expect, test, vi } from "vitest";

import { Announcer } from "../../../src/cluster/announcer.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";

test("Trouble without a listener is printed when it begins and when it ends, and not in between", () => {
  const shown = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const troubles = new Troubles(new Announcer().tell);
  troubles.tell("creation", "1 of 2 machines: no room\nsecond line");
  troubles.tell("creation", "1 of 2 machines: still no room\nsecond line");
  troubles.over("creation");
  troubles.over("creation");
  expect(shown.mock.calls.map(([text]) => text)).toEqual([
    "1 of 2 machines: no room\n  second line",
    "Back to normal: 1 of 2 machines: still no room",
  ]);
});

test("A listener receives trouble from beginning to end, and nothing is printed", () => {
  const shown = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const announcer = new Announcer();
  const heard: string[] = [];
  announcer.on((event) => heard.push(event.type === "trouble" ? event.change : event.type));
  const troubles = new Troubles(announcer.tell);
  troubles.tell("workers", "one");
  troubles.tell("workers", "one");
  troubles.tell("workers", "two");
  expect(troubles.describe()).toMatch(/^; since \d{4}-.*: two$/);
  troubles.over("workers");
  expect(heard).toEqual(["began", "warning", "lasts", "ended"]);
  expect([troubles.describe(), shown.mock.calls]).toEqual(["", []]);
});
