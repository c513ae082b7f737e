import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { recordPath } from "../../../src/cluster/record.ts";
import { readIntendedBounds } from "../../../src/state/intended-bounds.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { ownStateDirectory } from "./fake-cluster.ts";
import { GroupLife } from "./group-life.ts";

ownStateDirectory();

const QUICK = { intervalMs: 5, waitCount: 1 };
const LAB = { name: "lab", nWorkers: 1 };

test("A follower's adapt() is carried out by the leader, also after the follower has gone", async () => {
  await using cloud = await FakeCloud.open();
  await using leader = await GroupLife.start({ cloud, ...LAB });
  {
    await using follower = await GroupLife.attach({ cloud, ...LAB });
    await follower.running.adapt({ maximum: 3, ...QUICK });
    expect([leader.leads, follower.leads]).toEqual([true, false]);
  }
  cloud.dask.wish = 9;
  await until("the maximum", () => leader.sizes["default"]?.[1] === 3);
  cloud.dask.wish = 0;
  await until("the minimum", () => cloud.workers.length === 0);
  expect(await readIntendedBounds("lab", ["default"])).toEqual({ default: { minimum: 0, maximum: 3, ...QUICK } });
});

test("A follower's scale() ends adapting, and its stopAdapting() keeps the size", async () => {
  await using cloud = await FakeCloud.open();
  await using leader = await GroupLife.start({ cloud, ...LAB });
  await using follower = await GroupLife.attach({ cloud, ...LAB });
  cloud.dask.wish = 9;
  await leader.running.adapt({ maximum: 4, ...QUICK });
  await until("the maximum", () => leader.sizes["default"]?.[1] === 4);
  await follower.scale(2);
  expect([cloud.workers.length, await readIntendedBounds("lab", ["default"])]).toEqual([2, {}]);
  const asked = cloud.dask.demands.length;
  await leader.running.fleet.reconcile();
  expect([cloud.workers.length, cloud.dask.demands.length]).toEqual([2, asked]);

  await follower.running.adapt({ maximum: 3, ...QUICK });
  await until("the maximum", () => leader.sizes["default"]?.[1] === 3);
  await follower.running.stopAdapting();
  cloud.dask.wish = 0;
  await until("the leader to have heard of it", () => !leader.running.isAdapting);
  expect(cloud.workers).toHaveLength(3);
});

test("Whoever takes the lead goes on adapting", async () => {
  await using cloud = await FakeCloud.open();
  {
    await using first = await GroupLife.start({ cloud, ...LAB });
    await first.running.adapt({ maximum: 2, ...QUICK });
  }
  cloud.dask.wish = 9;
  await using second = await GroupLife.attach({ cloud, ...LAB });
  await until("the maximum", () => second.sizes["default"]?.[1] === 2);
  expect(second.leads).toBe(true);
});

test("Without a leader that reads bounds, as of an older version, the process that asks adapts as long as it lives", async () => {
  await using cloud = await FakeCloud.open();
  await using leader = await GroupLife.start({ cloud, ...LAB });
  const path = join(recordPath("lab"), "..", "lead.1", "holder.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"adapts":true', '"adapts":false'));
  await using follower = await GroupLife.attach({ cloud, ...LAB });
  await follower.running.adapt({ maximum: 2, ...QUICK });
  expect(follower.running.isAdapting).toBe(true);
  cloud.dask.wish = 9;
  await until("the maximum", () => leader.sizes["default"]?.[1] === 2);
});

test.each(["", "?", '{"maximum":-1}', '{"minimum":3,"maximum":1}', '{"maximum":"many"}'])(
  "Bounds that no version writes mean no adapting: %j",
  async (text) => {
    await using cloud = await FakeCloud.open();
    await using leader = await GroupLife.start({ cloud, ...LAB });
    await writeFile(join(recordPath("lab"), "..", "adapt.default"), text, { mode: 0o600 });
    expect(await readIntendedBounds("lab", ["default"])).toEqual({});
    await leader.running.fleet.reconcile();
    expect([leader.running.isAdapting, leader.messages]).toEqual([false, []]);
  },
);

test.each([{ intervalMs: 0 }, { waitCount: 0 }, { targetDurationMs: Number.NaN }])(
  "An impossible pace is refused: %j",
  async (pace) => {
    await using cloud = await FakeCloud.open();
    await using leader = await GroupLife.start({ cloud, ...LAB });
    await expect(leader.cluster.adapt({ maximum: 1, ...pace })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  },
);
