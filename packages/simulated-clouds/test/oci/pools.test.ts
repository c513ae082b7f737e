import type { models } from "oci-core";
import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci({ poolRetryMs: 4000 });

async function configuration(more: Partial<models.InstanceConfigurationLaunchInstanceDetails> = {}): Promise<string> {
  const { cloud, sdk } = given;
  const launchDetails = {
    shape: "VM.Standard2.1",
    sourceDetails: { sourceType: "image", imageId: sdk.image() },
    createVnicDetails: { subnetId: cloud.publicSubnet },
    freeformTags: { "cluster-name": "lab" },
    ...more,
  };
  const instanceDetails = { instanceType: "compute", launchDetails };
  const createInstanceConfiguration = {
    source: "NONE",
    compartmentId: sdk.compartmentId,
    displayName: "lab",
    instanceDetails,
  };
  const reply = await sdk.management.createInstanceConfiguration({ createInstanceConfiguration });
  return reply.instanceConfiguration.id;
}

async function pool(size: number, instanceConfigurationId?: string): Promise<string> {
  const { cloud, sdk } = given;
  const reply = await sdk.management.createInstancePool({
    createInstancePoolDetails: {
      compartmentId: sdk.compartmentId,
      displayName: "workers",
      instanceConfigurationId: instanceConfigurationId ?? (await configuration()),
      size,
      placementConfigurations: cloud.account.availabilityDomains.map((availabilityDomain) => ({ availabilityDomain })),
    },
  });
  return reply.instancePool.id;
}

async function untilIdle(instancePoolId: string): Promise<void> {
  await until("the pool to be RUNNING", async () => (await given.sdk.poolState(instancePoolId)) === "RUNNING");
}

function names(): readonly string[] {
  return given.cloud.machines.filter(({ state }) => state !== "TERMINATING").map(({ id }) => id);
}

async function resize(instancePoolId: string, size: number): Promise<void> {
  await given.sdk.management.updateInstancePool({ instancePoolId, updateInstancePoolDetails: { size } });
}

test("a pool becomes what its size says after a while, over its availability domains, with its configuration's tags", async () => {
  const { cloud, sdk } = given;
  const id = await pool(3);
  expect(cloud.machines).toEqual([]);
  await untilIdle(id);
  expect(new Set(cloud.machines.map(({ availabilityDomain }) => availabilityDomain)).size).toBe(3);
  expect(cloud.machines.map(({ freeformTags }) => freeformTags["cluster-name"])).toEqual(["lab", "lab", "lab"]);
  const request = { compartmentId: sdk.compartmentId, instancePoolId: id };
  const { items } = await sdk.management.listInstancePoolInstances(request);
  expect(items.map(({ state }) => state)).toEqual(["Running", "Running", "Running"]);
});

test("shrinking by size ends the oldest", async () => {
  const id = await pool(2);
  await untilIdle(id);
  const old = names();
  await resize(id, 3);
  await untilIdle(id);
  const young = names().filter((each) => !old.includes(each));
  await resize(id, 1);
  await untilIdle(id);
  expect(names()).toEqual(young);
});

test("detaching ends one of the caller's choice, if it is asked to", async () => {
  const { cloud, sdk } = given;
  const instancePoolId = await pool(2);
  await untilIdle(instancePoolId);
  const [first = "", second = ""] = names();
  const detach = async (instanceId: string, more: object): Promise<void> => {
    const detachInstancePoolInstanceDetails = { instanceId, ...more };
    await sdk.management.detachInstancePoolInstance({ instancePoolId, detachInstancePoolInstanceDetails });
  };
  await detach(second, { isDecrementSize: true, isAutoTerminate: true });
  await untilIdle(instancePoolId);
  expect(names()).toEqual([first]);
  // Detached only, it stays.
  await detach(first, {});
  await untilIdle(instancePoolId);
  expect([names(), cloud.account.pools.get(instancePoolId).size]).toEqual([[first], 0]);
  await sdk.terminate(first);
});

test("a pool that is not yet what its size says takes no other size", async () => {
  const { cloud } = given;
  cloud.account.capacity = [{ instances: 0 }];
  const id = await pool(1);
  expect(await refusal(resize(id, 2))).toMatch(/^409 IncorrectState: .*PROVISIONING/u);
});

test("a pool replaces what is terminated, and goes on trying where there is no host", async () => {
  const { cloud, sdk } = given;
  const id = await pool(1);
  await untilIdle(id);
  const [old = ""] = names();
  cloud.account.capacity = [{ instances: 0 }];
  await sdk.terminate(old);
  await until("the pool to miss it", () => cloud.account.pools.get(id).living.length === 0);
  cloud.account.capacity = [];
  await until("another one", () => names().length === 1);
  expect(names()).not.toEqual([old]);
});

test("a pool that is terminated takes its instances with it; then its configuration can be deleted", async () => {
  const { cloud, sdk } = given;
  const instanceConfigurationId = await configuration();
  const instancePoolId = await pool(2, instanceConfigurationId);
  await untilIdle(instancePoolId);
  const deletion = async (): Promise<unknown> =>
    await sdk.management.deleteInstanceConfiguration({ instanceConfigurationId });
  expect(await refusal(deletion())).toMatch(/^409 Conflict: .*is associated to one or more Instance Pools\./u);
  await sdk.management.terminateInstancePool({ instancePoolId });
  await until("the pool to be gone", async () => (await sdk.poolState(instancePoolId)) === "TERMINATED");
  expect(cloud.leftovers("lab").map(({ kind }) => kind)).toEqual(["instance configuration"]);
  await deletion();
  expect([cloud.machines, cloud.leftovers("lab")]).toEqual([[], []]);
});

test("preemptible instances have no configuration", async () => {
  const preemptibleInstanceConfig = { preemptionAction: { type: "TERMINATE" } as never };
  expect(await refusal(configuration({ preemptibleInstanceConfig }))).toMatch(/^400 InvalidParameter: Preemptible/u);
});
