import { gunzipSync } from "node:zlib";

import { expect, test } from "vitest";
import { parse } from "yaml";

import { sleep } from "../../../src/wait.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, TestAccount } from "./account.ts";

isolatedState();

const QUICK = { throttling: false, listLagMs: 0 };

test("droplets are created ten per call, with names and tags that find them again", async () => {
  await using account = await TestAccount.open(QUICK);
  const cluster = account.cluster({ name: "lab", dropletTags: ["team:data"] });
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", 25), anHour());
  expect([machines.length, shortfall]).toEqual([25, undefined]);
  expect(account.cloud.calls.operations().filter((operation) => operation === "createDroplets")).toHaveLength(3);
  const droplets = account.cloud.machines;
  expect(new Set(droplets.map(({ name }) => name)).size).toBe(25);
  for (const { name, tags, size, image } of droplets) {
    expect(name).toMatch(/^lab-worker-[0-9a-f]{8}$/);
    expect([size, image]).toEqual(["s-2vcpu-4gb", "ubuntu-26-04-x64"]);
    expect(tags).toEqual([
      "dask-fleet",
      `dask-fleet:cluster-id:lab:${cluster.id}`,
      `dask-fleet:role:lab:worker:${cluster.id}`,
      "team:data",
    ]);
  }
});

test("user tags are on every droplet, as names, and stay in the account after the cluster", async () => {
  await using account = await TestAccount.open({ ...QUICK, boot: "paper" });
  const tags = { team: "data", nightly: "" };
  const options = {
    nWorkers: 1,
    security: false,
    allowedCidrs: ["127.0.0.1/32"],
    tags,
    dropletTags: ["team:data", "x"],
  };
  const cluster = await account.cluster(options).start();
  for (const droplet of account.cloud.machines) {
    expect(droplet.tags.filter((tag) => !tag.startsWith("dask-fleet"))).toEqual(["team:data", "nightly", "x"]);
  }
  await cluster.close();
  expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  expect([...account.cloud.account.tags.keys()]).toEqual(expect.arrayContaining(["team:data", "nightly", "x"]));
});

test("partial capacity creates what fits, and the error says why there are no more", async () => {
  await using account = await TestAccount.open({ ...QUICK, dropletLimit: 13 });
  const cluster = account.cluster();
  const created = await cluster.verbs.create(cluster.request("worker", 20), anHour());
  expect(created.machines.length).toBeGreaterThanOrEqual(10);
  expect(account.cloud.machines).toHaveLength(created.machines.length);
  expect(created).toMatchObject({ shortfall: { code: "QUOTA_EXCEEDED" }, uncertain: false });
});

test("droplets of a lost answer are found by name, and none is created twice", async () => {
  await using account = await TestAccount.open(QUICK);
  const cluster = account.cluster();
  account.cloud.faults.onOperation("createDroplets", "lost-reply");
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", 4), anHour());
  expect([machines.length, account.cloud.machines.length, shortfall]).toEqual([4, 4, undefined]);
});

test("a broken connection that created nothing is retried once", async () => {
  await using account = await TestAccount.open(QUICK);
  const cluster = account.cluster();
  account.cloud.faults.onOperation("createDroplets", "cut");
  const { machines } = await cluster.verbs.create(cluster.request("worker", 4), anHour());
  expect([machines.length, account.cloud.machines.length]).toEqual([4, 4]);
});

test("a whole cluster is deleted by one call, single droplets one by one, and others stay", async () => {
  await using account = await TestAccount.open({ ...QUICK, stoppingMs: 0 });
  const [one, other] = [account.cluster(), account.cluster()];
  const made = await one.verbs.create(one.request("worker", 12), anHour());
  await other.verbs.create(other.request("worker", 2), anHour());
  await one.verbs.list(anHour());
  await one.verbs.destroy(made.machines.slice(0, 3), anHour());
  await until("three to go", () => account.cloud.machines.length === 11);
  await one.verbs.list(anHour());
  await one.verbs.destroy(made.machines.slice(3), anHour());
  await until("all to go", () => account.cloud.machines.length === 2);
  const deletions = account.cloud.calls.operations().filter((operation) => operation.startsWith("delete"));
  expect(deletions).toEqual(["deleteDroplet", "deleteDroplet", "deleteDroplet", "deleteDropletsByTag"]);
});

test("a powered-off droplet is reported as stopped, since it is still billed", async () => {
  await using account = await TestAccount.open(QUICK);
  const cluster = account.cluster();
  const { machines } = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  account.cloud.kill(machines[0]?.id ?? "");
  await until("it to be off", () => account.cloud.machines[0]?.status === "off");
  expect((await cluster.verbs.list(anHour())).map(({ state }) => state)).toContain("stopped");
  expect((await cluster.verbs.find(undefined, anHour())).map(({ stopped }) => stopped)).toContain(true);
});

test("no machine has a public address without publicIp, and the scheduler alone without workerPublicIp", async () => {
  await using account = await TestAccount.open({ ...QUICK, boot: "paper" });
  await using inside = await account.cluster({ nWorkers: 1, publicIp: false, security: false }).start();
  expect(account.cloud.machines.map(({ publicAddress }) => publicAddress)).toEqual([undefined, undefined]);
  await inside.close();
  await using cluster = await account
    .cluster({ nWorkers: 1, workerPublicIp: false, allowedCidrs: ["127.0.0.1/32"], security: false })
    .start();
  const isPublic = account.cloud.machines.map(({ name, publicAddress }) => [
    name.includes("scheduler"),
    publicAddress !== undefined,
  ]);
  expect(isPublic).toEqual([
    [true, true],
    [false, false],
  ]);
  await cluster.close();
});

test("user data is plain text, as DigitalOcean wants it, and its large files are compressed inside", async () => {
  await using account = await TestAccount.open({ ...QUICK, boot: "paper" });
  await using cluster = await account.cluster({ nWorkers: 1, allowedCidrs: ["127.0.0.1/32"] }).start();
  for (const { userData } of account.cloud.machines) {
    const text = userData?.toString() ?? "";
    expect(text).toMatch(/^#cloud-config\n/);
    expect(Buffer.byteLength(text)).toBeLessThan(36_000);
    const { write_files: files } = parse(text) as { write_files: { encoding?: string; content: string }[] };
    const packed = files.filter(({ encoding }) => encoding === "gz+b64");
    expect(packed.length).toBeGreaterThan(0);
    for (const { content } of packed) expect(gunzipSync(Buffer.from(content, "base64")).length).toBeGreaterThan(0);
  }
  await cluster.close();
});

test("a thousand droplets are created across rate-limit windows, while reads go on", async () => {
  // At ten times real speed, in an account whose other users leave 80 of the 250 calls.
  await using account = await TestAccount.open({ listLagMs: 0, speed: 10, requestsPerMinute: 80 });
  const cluster = account.cluster({ apiRetries: 6, listLagMs: 3000 });
  const made = cluster.verbs.create(cluster.request("worker", 1000), anHour());
  const over = made.then(() => true);
  while (!(await Promise.race([over, sleep(500).then(() => false)]))) await cluster.verbs.list(anHour());
  const { machines, shortfall } = await made;
  expect([machines.length, shortfall, account.cloud.machines.length]).toEqual([1000, undefined, 1000]);
  expect(account.cloud.calls.entries.filter(({ status }) => status === 429)).not.toEqual([]);
});
