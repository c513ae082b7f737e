import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState, machineProcesses } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { Launcher } from "./launcher.ts";

const { root } = isolatedState();
/** As in a container that shares this home: process numbers refer to other processes there. */
const CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

test.runIf(process.getuid?.() === 0)(
  "A sweep spares a cluster whose launcher lives in another PID namespace: record, keys and machines stay (needs root)",
  async () => {
    await using launcher = await Launcher.start("stays", CONTAINER);
    const processes = await machineProcesses(join(root(), "launched"));
    await using own = await new LocalCluster({ ...NO_DASHBOARD, security: false }).start();
    expect(existsSync(join(root(), "launched", "record.json"))).toBe(true);
    expect(await machineProcesses(join(root(), "launched"))).toEqual(processes);
    const leaders = (await LocalCluster.list()).map(({ name, launcher: leader }) => [name, leader?.pid]);
    // Its own number, in its own namespace.
    expect(leaders).toEqual(
      expect.arrayContaining([
        ["launched", 1],
        [own.name, process.pid],
      ]),
    );
    process.kill(Number(execFileSync("pgrep", ["-P", String(launcher.child.pid)], { encoding: "utf8" })), "SIGTERM");
    await launcher.says("closed");
  },
);
