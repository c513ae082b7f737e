import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState, machineProcesses } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";
import { Launcher } from "./launcher.ts";

const { root } = isolatedState();

test("Machines of a killed program end by themselves, and the next start sweeps the rest", async () => {
  await using launcher = await Launcher.start();
  expect((await machineProcesses(root())).length).toBeGreaterThan(0);
  launcher.child.kill("SIGKILL");
  expect(await launcher.end()).toEqual([null, "SIGKILL"]);
  await until("the machines' end", async () => (await machineProcesses(root())).length === 0, 10_000);
  expect(existsSync(join(root(), "launched", "record.json"))).toBe(true);
  await expect(LocalCluster.attach("launched")).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });

  // Under its own name as well.
  await using cluster = await new LocalCluster({ ...NO_DASHBOARD, name: "launched" }).start();
  expect(await cluster.machines()).toHaveLength(1);
  expect((await LocalCluster.list()).map(({ launcher }) => launcher?.pid)).toEqual([process.pid]);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s closes the program's cluster once and leaves no resources",
  async (signal) => {
    await using launcher = await Launcher.start();
    launcher.child.kill(signal);
    expect(await launcher.end()).toEqual([null, signal]);
    expect(launcher.out.split("\n")).toEqual(["starting", "running", "up", "closing", "closed", ""]);
    expect(launcher.err).toBe(
      `dask-fleet: ${signal}: closing launched. It may take up to 60 s. ${signal === "SIGINT" ? "Ctrl-C again" : "A second signal"} ends now and lists what is left.\n`,
    );
  },
);

test("A program that forgets to close still exits, and leaves no resources", async () => {
  await using launcher = await Launcher.start("forgets");
  expect(await launcher.end()).toEqual([0, null]);
  expect(launcher.out).toContain("closed");
  expect(launcher.err).toContain("The program has ended without closing launched");
});
