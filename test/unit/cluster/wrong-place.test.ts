import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files, forgetRecord } = ownStateDirectory();

test("remove() refuses options that contradict the record: the record and the machines stay", async () => {
  await using cloud = await FakeCloud.open();
  await using elsewhere = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab", nWorkers: 2 }).start();
  await expect(FakeCluster.remove("lab", { cloud: elsewhere, region: "there" })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining('`region`: recorded "here", given "there"'),
  });
  expect([await files(), cloud.machines.size, elsewhere.calls, cluster.state]).toEqual([["lab"], 3, [], "running"]);
  await FakeCluster.remove("lab", { cloud, region: "here" });
  expect([await files(), cloud.empty]).toEqual([[], true]);
  await cluster.close();
});

test("remove() without options uses the record's place, whatever is configured now", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab", region: "there" }).start();
  await FakeCluster.remove("lab", { cloud, region: undefined as never });
  expect([await files(), cloud.empty]).toEqual([[], true]);
  await cluster.close();
});

test("The record stays when its place has no resources, until it is explicitly forgotten", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
  await cluster.detach();
  for (const { id } of cloud.tagged("lab")) cloud.machines.delete(id);
  cloud.networks.delete("lab");
  await expect(FakeCluster.remove("lab", { cloud })).rejects.toMatchObject({
    code: "CLUSTER_NOT_FOUND",
    message: expect.stringMatching(
      /Searched: region "here"\. .*lab\/record\.json is kept.*FakeCluster\.remove\("lab", \{\}, \{ forget: true \}\) or "dask-fleet remove fake lab --forget"/,
    ),
  });
  expect([await files(), (await FakeCluster.list({ cloud })).map(({ name }) => name)]).toEqual([["lab"], ["lab"]]);
  await FakeCluster.remove("lab", { cloud }, { forget: true });
  expect([await files(), await FakeCluster.list({ cloud })]).toEqual([[], []]);
});

test("A cluster that is not listed yet is awaited before it counts as missing", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
  await cluster.detach();
  cloud.networks.delete("lab");
  cloud.listLagMs = 1500;
  await FakeCluster.remove("lab", { cloud, listLagMs: 3000, closeTimeoutMs: 30_000 });
  expect([await files(), cloud.empty]).toEqual([[], true]);
});

test("A list refused by the provider is reported immediately, and the record stays", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
  const expired = new DaskFleetError("AUTH_FAILED", "The credentials have expired");
  cloud.fault = (verb) => (verb === "find" ? expired : undefined);
  await expect(FakeCluster.remove("lab", { cloud }, { forget: true })).rejects.toBe(expired);
  expect([await files(), cloud.machines.size]).toEqual([["lab"], 1]);
  cloud.fault = () => undefined;
  await cluster.close();
});

test("A local cluster without machines is removed with its record", async () => {
  await using cloud = await FakeCloud.open();
  const here = { cloud, instead: { place: async () => undefined } };
  await (await new FakeCluster({ ...here, name: "lab" }).start()).detach();
  cloud.machines.clear();
  cloud.networks.clear();
  await FakeCluster.remove("lab", here);
  expect(await files()).toEqual([]);
});

test("A list contains only the records of the requested place", async () => {
  await using cloud = await FakeCloud.open();
  await using elsewhere = await FakeCloud.open();
  await using here = await new FakeCluster({ cloud, name: "here" }).start();
  await using there = await new FakeCluster({ cloud: elsewhere, name: "there", region: "there" }).start();
  const names = async (where: ConstructorParameters<typeof FakeCluster>[0]): Promise<string[]> =>
    (await FakeCluster.list(where)).map(({ name }) => name);
  expect(await names({ cloud })).toEqual([here.name]);
  expect(await names({ cloud: elsewhere, region: "there" })).toEqual([there.name]);
});

test("A running launcher does not replace what remove() deletes, even if its scheduler stays for a while", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab", nWorkers: 2, lostWorkerTimeoutMs: 1 }).start();
  cluster.onProgress(() => undefined);
  let refusing = true;
  cloud.fault = (verb, _nth, _call, about) =>
    refusing && verb === "destroy" && about.includes("m1")
      ? new DaskFleetError("PROVIDER_FAILED", "The scheduler's machine is locked")
      : undefined;
  const removal = FakeCluster.remove("lab", { cloud, closeTimeoutMs: 60_000 });
  await until("the workers to go", () => cloud.workers.length === 0);
  // The time in which a launcher polls several times.
  const looks = cloud.calls.length;
  await until("more looks", () => cloud.calls.length > looks + 60, 60_000);
  refusing = false;
  await removal;
  await cluster.close();
  expect([cloud.tokens.length, cloud.empty, await files()]).toEqual([2, true, []]);
});

test("A sweep deletes the record of an expired cluster that has no resources", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "over", maxLifetimeMs: 1000 }).start();
  const remover = await new FakeCluster({ cloud, name: "over-too", maxLifetimeMs: 1000 }).start();
  await Promise.all([cluster.detach(), remover.detach()]);
  await forgetRecord("over-too");
  for (const id of cloud.tagged("over").map((thing) => thing.id)) cloud.machines.delete(id);
  cloud.networks.delete("over");
  const swept = async (): Promise<boolean> => {
    await FakeCluster.sweep({ cloud });
    return cloud.empty && (await files()).length === 0;
  };
  await until("both to be swept", swept, 60_000);
  expect(await FakeCluster.list({ cloud })).toEqual([]);
});
