import { expect, test } from "vitest";

import type { ProgressEvent } from "../../../src/progress.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

ownStateDirectory();

const RESTARTED = /The scheduler was restarted at 20\d\d-.*Z: tasks and results in its memory are lost\./u;

test("A restarted scheduler is reported with the number of workers that rejoined, and the cluster continues", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = new FakeCluster({ cloud, nWorkers: 2, lostWorkerTimeoutMs: 20_000 });
  const told: ProgressEvent[] = [];
  cluster.onProgress((event) => told.push(event));
  await cluster.start();
  const troubles = (): readonly string[] =>
    told.flatMap((event) =>
      event.type === "trouble" && event.kind === "scheduler-restart" ? [`${event.change}: ${event.message}`] : [],
    );
  expect(cluster.describe()).not.toContain("restarted");
  cloud.dask.restart();
  await until("the restart to be seen", () => troubles().length > 0);
  expect(troubles()).toEqual([
    expect.stringMatching(new RegExp(`^began: ${RESTARTED.source} Workers have come back: 0 of 2\\.$`, "u")),
  ]);
  expect(cluster.describe()).toMatch(/0 of 2 workers joined.*was restarted at.*come back: 0 of 2/u);
  const [first = "", second = ""] = cloud.workers.map(({ id }) => id);
  cloud.dask.join(first);
  await until("one to be back", () => troubles().length > 1);
  cloud.dask.join(second);
  await until("the end", () => troubles().some((each) => each.startsWith("ended")));
  expect(troubles().map((each) => each.replace(/: .*: /u, ": … "))).toEqual([
    "began: … 0 of 2.",
    "lasts: … 1 of 2.",
    "lasts: … 2 of 2.",
    "ended: … 2 of 2.",
  ]);
  expect(cluster.describe()).toMatch(
    /2 of 2 workers joined, 2 machines; the scheduler was restarted at .*Z: tasks and results in its memory are lost$/u,
  );
  expect([cluster.state, cluster.closedBecause]).toEqual(["running", undefined]);
  expect(cloud.workers.map(({ id }) => id)).toEqual([first, second]);
});

test("Machines lost with the old scheduler are replaced immediately, however young and many they were", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = new FakeCluster({ cloud, nWorkers: 12, lostWorkerTimeoutMs: 20_000 });
  const told: ProgressEvent[] = [];
  cluster.onProgress((event) => told.push(event));
  await cluster.start();
  cloud.dask.restart();
  await until("the restart to be seen", () => cluster.describe().includes("was restarted at"));
  for (const { id } of cloud.workers) cloud.kill(id);
  await until("the size", () => cluster.describe().includes(": 12 of 12 workers joined, 12 machines"));
  expect(told.filter((event) => event.type === "trouble" && event.kind === "brief-lives")).toEqual([]);
  expect(cloud.machines.size).toBe(13);
});

test("A command that fails after a scheduler restart mentions it, and other failures do not", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 1 }).start();
  const failing = (): Promise<number> => cluster.run("sh", ["-c", "sleep 0.3; exit 3"]);
  await expect(failing()).rejects.toMatchObject({ message: 'The command "sh" failed with exit code 3.' });
  const failed = failing();
  cloud.dask.restart();
  await expect(failed).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    exitCode: 3,
    message: expect.stringMatching(new RegExp(`exit code 3\\. ${RESTARTED.source}$`, "u")),
  });
  await expect(failing()).rejects.toMatchObject({ message: 'The command "sh" failed with exit code 3.' });
});
