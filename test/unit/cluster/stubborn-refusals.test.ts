import { expect, test } from "vitest";

import type { ErrorCode, Meaning } from "../../../src/errors.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { FakeCloud, type Verb } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

const REFUSALS: readonly [Meaning, ErrorCode][] = [
  ["transient", "PROVIDER_FAILED"],
  ["throttled", "PROVIDER_FAILED"],
  ["capacity", "CAPACITY_UNAVAILABLE"],
  ["quota", "QUOTA_EXCEEDED"],
  ["policy", "AUTH_FAILED"],
  ["permission", "AUTH_FAILED"],
  ["credentials", "AUTH_FAILED"],
  ["configuration", "CONFIG_INVALID"],
  ["gone", "PROVIDER_FAILED"],
  ["unknown", "PROVIDER_FAILED"],
];
const VERBS: readonly Verb[] = ["list", "destroy", "release", "resources"];

const locked = new DaskFleetError("AUTH_FAILED", "You are not allowed to delete this", { meaning: "permission" });

test.each(REFUSALS)(
  "A close whose calls are each refused three times (%s) leaves nothing behind",
  async (meaning, code) => {
    await using cloud = await FakeCloud.open();
    const cluster = await new FakeCluster({ cloud, nWorkers: 2, closeTimeoutMs: 60_000 }).start();
    cluster.onProgress(() => undefined);
    const refusals = new Map(VERBS.map((verb) => [verb, 3]));
    cloud.fault = (verb) => {
      const left = refusals.get(verb) ?? 0;
      refusals.set(verb, left - 1);
      return left > 0 ? new DaskFleetError(code, "not now", { meaning }) : undefined;
    };
    await cluster.close();
    expect([cloud.empty, await files(), cluster.state]).toEqual([true, [], "closed"]);
  },
);

test("A close that the cloud always refuses retries ever more slowly, warns once, and names the refusal once", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, nWorkers: 2, closeTimeoutMs: 1000 }).start();
  const warnings: string[] = [];
  cluster.onProgress((event) => {
    if (event.type === "warning") warnings.push(event.message);
  });
  cloud.fault = (verb) => (verb === "destroy" ? locked : undefined);
  const before = cloud.calls.length;
  const error: unknown = await cluster.close().catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "TEARDOWN_INCOMPLETE", cause: locked });
  expect((error as Error).message.split(locked.message)).toHaveLength(2);
  // The ordinary interval of 10 ms would cause a hundred lists.
  expect(cloud.calls.slice(before).filter((verb) => verb === "list").length).toBeLessThan(40);
  const [warning = "", ...more] = warnings;
  expect([warning, more]).toEqual([
    expect.stringMatching(/is not removed yet\. Retrying for up to .* s:\n- You are/),
    [],
  ]);
  cloud.fault = () => undefined;
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A close refused once does not warn", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, nWorkers: 2, closeTimeoutMs: 30_000 }).start();
  const warnings: string[] = [];
  cluster.onProgress((event) => {
    if (event.type === "warning") warnings.push(event.message);
  });
  let refusals = 0;
  cloud.fault = (verb) => (verb === "destroy" && (refusals += 1) === 1 ? locked : undefined);
  await cluster.close();
  expect([cloud.empty, warnings, refusals]).toEqual([true, [], expect.any(Number)]);
});

test("A machine that cannot be deleted does not block the others, although the cloud refuses the whole batch", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, nWorkers: 9, closeTimeoutMs: 1500 }).start();
  cloud.fault = (verb, _nth, _call, about) => (verb === "destroy" && about.includes("m4") ? locked : undefined);
  await expect(cluster.close()).rejects.toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    left: [
      { kind: "machine", id: "m4" },
      { kind: "network", id: `net-of-${cluster.name}` },
    ],
  });
  expect([...cloud.machines.keys()]).toEqual(["m4"]);
  cloud.fault = () => undefined;
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});
