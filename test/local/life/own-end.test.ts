import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { line, until } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** Shuts the scheduler down and keeps working until the test reports that the cluster has closed. */
const SHUTS_DOWN = `
import pathlib, sys, time
from distributed import Client
client = Client()
total = client.submit(sum, [1, 2, 3]).result()
client.shutdown()
folder = pathlib.Path(sys.argv[1])
(folder / "shut").write_text("shut\\n")
while not (folder / "closed").exists():
    time.sleep(0.05)
(folder / "total").write_text(f"{total}\\n")
`;

test("A script that shuts down the scheduler keeps running while the cluster closes, and decides the exit code", async () => {
  const cluster = await new LocalCluster({ nWorkers: 1 }).start();
  const work = cluster.run("python", ["-c", SHUTS_DOWN, directory()], { stdio: "ignore" });
  await Promise.race([line(join(directory(), "shut")), work]);
  await until("the close", () => cluster.state === "closed", 30_000);
  expect(cluster.closedBecause).toBe("shutdown");
  await writeFile(join(directory(), "closed"), "");
  expect(await work).toBe(0);
  expect(await line(join(directory(), "total"))).toBe("6");
});

test("An explicit close ends a command that outlived the scheduler", async () => {
  const cluster = await new LocalCluster({ idleTimeoutMs: 1000 }).start();
  const work = cluster.run("sleep", ["600"], { stdio: "ignore" }).catch((error: unknown) => error);
  await until("the close", () => cluster.state === "closed", 30_000);
  await cluster.close();
  expect(await work).toMatchObject({ code: "CLOSED" });
});

test("An idle cluster closes after its idle timeout", async () => {
  const cluster = new LocalCluster({ ...NO_DASHBOARD, idleTimeoutMs: patient(4000) });
  const told = new Told(cluster);
  await cluster.start();
  await until("the close", () => cluster.state === "closed", 30_000);
  expect(told.warnings.at(-1)).toContain(`The scheduler of ${cluster.name} has ended (idle time-out`);
  expect(cluster.closedBecause).toBe("idle-timeout");
});

test("A cluster closes at the end of its lifetime, even when busy", async () => {
  const cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1, maxLifetimeMs: patient(12_000) });
  const told = new Told(cluster);
  await cluster.start();
  const script = "from distributed import Client; import time; Client().submit(time.sleep, 600).result()";
  const work = cluster.run("python", ["-c", script], { stdio: "ignore" }).catch(() => "ended by the close");
  await until("the close", () => cluster.state === "closed", 90_000);
  expect(told.warnings.at(-1)).toContain("has ended");
  expect(cluster.closedBecause).toBe("lifetime");
  await cluster.close();
  expect(await work).not.toBe(0);
});
