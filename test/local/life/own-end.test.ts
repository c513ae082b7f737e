import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { Told } from "./told.ts";

isolatedState();

test("A cluster without work ends by itself after its idle time", async () => {
  const cluster = new LocalCluster({ idleTimeoutMs: 2000 });
  const told = new Told(cluster);
  await cluster.start();
  await until("the close", () => cluster.state === "closed", 30_000);
  expect(told.warnings.at(-1)).toContain(`The scheduler of ${cluster.name} has ended (idle time-out`);
});

test("A cluster ends by itself at the end of its lifetime, whatever it does", async () => {
  const cluster = new LocalCluster({ nWorkers: 1, maxLifetimeMs: 12_000 });
  const told = new Told(cluster);
  await cluster.start();
  const script = "from distributed import Client; import time; Client().submit(time.sleep, 600).result()";
  const work = cluster.run("python", ["-c", script], { stdio: "ignore" }).catch(() => "ended by the close");
  await until("the close", () => cluster.state === "closed", 40_000);
  expect(told.warnings.at(-1)).toContain("has ended");
  expect(await work).not.toBe(0);
});
