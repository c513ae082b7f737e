import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { recordPath } from "../../../src/cluster/record.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "../cluster/fake-cluster.ts";

const { files, forgetRecord } = ownStateDirectory();

const OTHER = "fedcba9876543210";

/** A machine of a cluster that was started by another computer or an older version. */
function foreign(cloud: FakeCloud, id: string | undefined, expiresAt?: Date): string {
  const tags = clusterTags({ name: "lab", id }, "scheduler", expiresAt);
  const { machines } = cloud.create({ role: "worker", count: 1, token: "t", userData: new Uint8Array(), tags });
  return machines[0]?.id ?? "";
}

test("Resources of older versions carry no id: they are listed, swept and removed by name", async () => {
  await using cloud = await FakeCloud.open();
  const machine = foreign(cloud, undefined);
  expect(await FakeCluster.list({ cloud })).toMatchObject([
    { name: "lab", id: undefined, resources: [{ id: machine }] },
  ]);
  await FakeCluster.remove("lab", { cloud });
  expect(cloud.empty).toBe(true);
  foreign(cloud, undefined, new Date(0));
  expect(await FakeCluster.sweep({ cloud })).toEqual(["lab"]);
  expect(cloud.empty).toBe(true);
});

test("Resources without an id belong to the only cluster of their name", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
  foreign(cloud, undefined);
  expect((await FakeCluster.list({ cloud })).map(({ id }) => id)).toEqual([cluster.id]);
  await FakeCluster.remove("lab", { cloud });
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

describe("Attack by a same-named neighbour", () => {
  test("a close removes resources with the cluster's id, and neither another's nor those without one", async () => {
    await using cloud = await FakeCloud.open();
    const cluster = await new FakeCluster({ cloud, name: "lab", nWorkers: 1 }).start();
    const theirs = [foreign(cloud, OTHER), foreign(cloud, undefined)];
    await cluster.close();
    expect([...cloud.machines.keys()]).toEqual(theirs);
  });

  test("a removal warns of other clusters of that name, and spares them", async () => {
    await using cloud = await FakeCloud.open();
    const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
    const theirs = [foreign(cloud, OTHER), foreign(cloud, undefined)];
    const warnings: string[] = [];
    const listen = ({ message }: Error): unknown => warnings.push(message);
    process.on("warning", listen);
    await FakeCluster.remove("lab", { cloud });
    await expect.poll(() => warnings.join("\n")).toContain(`- id ${OTHER}: machine ${theirs[0]}`);
    process.off("warning", listen);
    expect([[...cloud.machines.keys()], await files()]).toEqual([theirs, []]);
    await cluster.close();
  });

  test("a removal by an unknown id changes nothing, including the cluster in the record", async () => {
    await using cloud = await FakeCloud.open();
    await using cluster = await new FakeCluster({ cloud, name: "lab" }).start();
    await expect(FakeCluster.remove("lab", { cloud }, { id: OTHER, forget: true })).rejects.toMatchObject({
      code: "CLUSTER_NOT_FOUND",
      message: expect.stringContaining(`No cluster named "lab" with the id ${OTHER}`),
    });
    expect([(await cluster.machines()).length, existsSync(cluster.stateDirectory)]).toEqual([1, true]);
  });

  test("the record and keys of a name that passed to another cluster stay", async () => {
    await using cloud = await FakeCloud.open();
    const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
    const path = recordPath("lab");
    const record = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...record, id: OTHER }));
    await cluster.close();
    expect([cloud.empty, await files()]).toEqual([true, ["lab"]]);
    await forgetRecord("lab");
  });
});
