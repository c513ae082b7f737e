import { expect, test } from "vitest";

import { template } from "../../../../src/bootstrap/template.ts";
import { gaveUpIn } from "../../../../src/fleet/consoles/gave-up.ts";

/** The line as in the script, so that the two stay in step. */
const [, SAID = ""] = /="(this machine's part in .*)"$/mu.exec(template("guard.sh")) ?? [];
const END = `dask-fleet: ${SAID.replace("$cluster", "dask-1").replace("$1", "bootstrap failed: x.sh ended with status 3")}`;

test.each([
  ["as cloud-init prints it", `${END}; the machine is powered off\n`],
  ["as the journal forwards it to a console", `[   21.42] cloud-init[803]: ${END}; the machine is powered off\n`],
  ["when the machine stays on", `${END}; autoShutdown is off, so the machine stays on\n`],
  ["at the very end of the console", `${END}; the machine is powered off`],
])("The gave-up marker is found %s", (_, line) => {
  const before = "no such disk\n";
  expect(gaveUpIn(`${before}${line}[  OK  ] Reached target Cloud-init target.\n`, "dask-1")?.reason).toMatch(
    /^bootstrap failed: x\.sh ended with status 3/u,
  );
  expect(gaveUpIn(`${before}${line}`, "dask-1")).toEqual({
    reason: "bootstrap failed: x.sh ended with status 3",
    log: `${before}${line}`.trimEnd(),
  });
});

test("The log ends at the marker: later lines do not explain the reason", () => {
  expect(gaveUpIn(`why\n${END}; so\nReached target\n`, "dask-1")?.log).toBe(`why\n${END}; so`);
});

test.each([
  ["Nothing", ""],
  ["The script itself", template("guard.sh")],
  ["A restart", "dask-fleet: the node failed (exit-code 1): systemd starts it again\n"],
  ["The start script's own end", "dask-fleet: gave up: the image x could not be pulled\n"],
  ["A stop by hand", "dask-fleet: the node was stopped by hand: the machine stays on\n"],
  ["Another cluster's marker", `Error: … Console output (last lines):\n  | ${END.replace("dask-1", "dask-2")}\n`],
])("%s is not a marker", (_, log) => {
  expect(gaveUpIn(log, "dask-1")).toBeUndefined();
});
