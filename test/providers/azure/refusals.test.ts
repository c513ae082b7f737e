import { type SimulatedAzureOptions, SUBSCRIPTION } from "@dask-fleet/simulated-clouds/azure";
import { expect, test, vi } from "vitest";

import type { AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import { networkName } from "../../../providers/azure/tags/names.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, FROM_HERE, json, TestSubscription } from "./subscription.ts";

isolatedState();

const VNET = `/subscriptions/${SUBSCRIPTION}/resourceGroups/other-rg/providers/Microsoft.Network/virtualNetworks/none`;
const PLAN = { name: "ngc-base-version-23_03_0_gen2", publisher: "nvidia", product: "ngc_azure_17_11" };

test.each<[string, AzureVMClusterOptions, RegExp, SimulatedAzureOptions?]>([
  ["a location that Azure has not", { location: "atlantis" }, /no machines in the location atlantis|no such location/],
  [
    "a size that does not exist",
    { vmSize: "Standard_None" },
    /eastus does not have machines of the size Standard_None/,
  ],
  [
    "a size that the subscription may not have",
    { workerVmSize: "Standard_E4s_v5" },
    /subscription may not use machines/,
  ],
  ["a zone that has no such size", { vmSize: "Standard_F2s_v2", zones: ["1", "2"] }, /^The zone 2 .* the zones 1\./],
  ["zones where there are none", { vmSize: "Standard_NV4as_v4", zones: [1] }, /This subscription has them in no zone/],
  ["an image that does not exist", { vmImage: { offer: "ubuntu-99_04-lts" } }, /no image Canonical:ubuntu-99_04-lts/],
  [
    "a version that does not exist",
    { vmImage: { offer: "ubuntu-24_04-lts", version: "1.2.3" } },
    /no image Canonical:ubuntu-24_04-lts:server:1\.2\.3/,
  ],
  ["an image of another architecture", { vmImage: { sku: "server-arm64" } }, /is for Arm64, but the size Standard_D2s/],
  [
    "an image of a generation that the size does not boot",
    { vmSize: "Standard_D2s_v6", vmImage: { sku: "server-gen1" } },
    /is of generation V1, but machines of the size Standard_D2s_v6 boot V2 only/,
  ],
  [
    "an image with a plan, without it",
    { vmImage: { publisher: PLAN.publisher, offer: PLAN.product, sku: PLAN.name } },
    /is sold with a plan: set `marketplacePlan: \{"name":"ngc-base/,
  ],
  ["a network that does not exist", { vnet: "none" }, /resource group dask-rg has no virtual network none/],
  ["a network in a resource group that does not exist", { vnet: VNET }, /other-rg has no virtual network none/],
  [
    "a subnet that the network has not",
    { vnet: "lab-vnet", subnet: "none" },
    /no subnet none; it has default, workers/,
  ],
  [
    "a network of another location",
    { location: "westeurope", vnet: "lab-vnet" },
    /is in eastus, but the cluster is to be in westeurope/,
  ],
  ["a security group that does not exist", { securityGroup: "none" }, /no network security group none/],
  ["a resource group that does not exist", { resourceGroup: "none" }, /resource group that `resourceGroup` names/],
  ["another's subscription", { subscriptionId: "00000000-0000-4000-8000-000000000000" }, /subscription does not exist/],
  [
    "a misspelt name deep in extraVmOptions",
    { extraVmOptions: { securityProfile: { tpm: true } } },
    /takes no securityProfile\.tpm/,
  ],
])("a start refuses %s and creates nothing", async (_what, options, words, cloud = {}) => {
  await using subscription = await TestSubscription.open(cloud);
  const cluster = subscription.cluster({ ...FROM_HERE, nWorkers: 1, ...options });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(words),
  });
  expect(subscription.cloud.calls.operations().filter((each) => /_(?:Create|Update|Delete)/.test(each))).toEqual([]);
  expect(subscription.cloud.violations).toEqual([]);
});

test("a zone restricted for a size does not count", async () => {
  await using subscription = await TestSubscription.open();
  const size = {
    resourceType: "virtualMachines",
    name: "Standard_D2s_v5",
    locationInfo: [{ location: "eastus", zones: ["1", "2"] }],
    restrictions: [{ type: "Zone", restrictionInfo: { zones: ["2"] }, reasonCode: "NotAvailableForSubscription" }],
  };
  const end = subscription.instead(/^ResourceSkus_List$/, json(200, { value: [size] }));
  await expect(subscription.cluster({ ...FROM_HERE, zones: [2] }).start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/^The zone 2 .* the zones 1\./),
  });
  end();
});

test.each([
  ["somebody's", { owner: "somebody" }],
  ["another cluster's", { creator: "dask-fleet", "cluster-name": "other" }],
])("a resource of the same name that is %s is neither changed nor removed", async (_what, tags) => {
  await using subscription = await TestSubscription.open();
  const other = await subscription.prepared({ name: "lab" });
  const { securityGroups } = subscription.cloud.account;
  const group = securityGroups.all.find(({ name }) => name === networkName(other));
  Object.assign(group ?? {}, { tags });
  const cluster = subscription.cluster({ ...FROM_HERE, name: "lab" }).as(other);
  await other.detach().catch(() => undefined);
  const failed: unknown = await cluster.verbs
    .prepare(
      { tags: clusterTags(other, undefined, undefined), groups: [], expiresAt: undefined },
      AbortSignal.timeout(9000),
    )
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ message: expect.stringContaining("already exists and is not this cluster's") });
  await cluster.verbs.release(AbortSignal.timeout(9000)).catch(() => undefined);
  expect(securityGroups.all.map(({ name }) => name)).toContain(networkName(other));
  Object.assign(group ?? {}, { tags: clusterTags(other, undefined, undefined) });
});

test("missing credentials fail before any call, with how to get some", async () => {
  await using subscription = await TestSubscription.open();
  vi.stubEnv("AZURE_CLIENT_SECRET", undefined);
  await expect(subscription.cluster(FROM_HERE).start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringContaining('run "az login"'),
  });
  expect(subscription.cloud.calls.count()).toBe(0);
});

test("a missing subscription is reported with where to set it", async () => {
  await using subscription = await TestSubscription.open();
  vi.stubEnv("AZURE_SUBSCRIPTION_ID", undefined);
  vi.stubEnv("AZURE_CONFIG_DIR", "/nonexistent");
  await expect(subscription.cluster(FROM_HERE).start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("AZURE_SUBSCRIPTION_ID"),
  });
});

test("wrong or expired credentials and missing permissions fail at once", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const { cloud } = subscription;
  vi.stubEnv("AZURE_CLIENT_SECRET", "a-wrong-secret");
  const wrong: unknown = await subscription
    .cluster(FROM_HERE)
    .start()
    .catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: "AUTH_FAILED", message: expect.stringContaining("issued no token") });
  expect(String(wrong)).not.toContain("a-wrong-secret");
  vi.stubEnv("AZURE_CLIENT_SECRET", cloud.environment()["AZURE_CLIENT_SECRET"]);
  const old = await cloud.credential.getToken();
  cloud.tokens.revokeAll();
  await expect(
    subscription.cluster({ ...FROM_HERE, credential: { getToken: async () => old } }).start(),
  ).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringContaining("ExpiredAuthenticationToken"),
  });
  cloud.forbidden = new Set(["VirtualMachineScaleSets_CreateOrUpdate"]);
  const lacking = subscription.cluster({ ...FROM_HERE, nWorkers: 1 });
  await expect(lacking.start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringMatching(
      /lack the permission Microsoft\.Compute\/virtualMachineScaleSets\/write on \S+ .*docs\/providers\/azure\.md/,
    ),
  });
  expect(cloud.leftovers(lacking.name)).toEqual([]);
});

test("a credential of the user's own is asked for the endpoint's audience only", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const { cloud } = subscription;
  vi.stubEnv("AZURE_CLIENT_SECRET", undefined);
  const asked = new Set<string>();
  const credential = {
    getToken: async (scopes: string | string[]) => {
      for (const scope of [scopes].flat()) asked.add(scope);
      return await cloud.credential.getToken();
    },
  };
  await using cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 1, credential }).start();
  expect([await cluster.workers(), [...asked]]).toEqual([
    expect.arrayContaining([expect.anything()]),
    [`${cloud.endpoint}/.default`],
  ]);
  await cluster.close();
});

test.each<[string, () => Promise<null>, RegExp]>([
  ["gives no token", async () => null, /The `credential` option returned no token\..*getToken has given none/],
  ["fails", () => Promise.reject(new Error("no vault at Bearer abc")), /returned no token\..*no vault at \[secret\]/],
])("a credential of the user's own that %s is named in the error", async (_what, getToken, words) => {
  await using subscription = await TestSubscription.open();
  await expect(subscription.cluster({ ...FROM_HERE, credential: { getToken } }).start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringMatching(words),
  });
});

test("a cloud with another audience gets its own tokens", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper", audience: "https://arm.stack.example/0b1f" });
  await using cluster = await subscription
    .cluster({ ...FROM_HERE, nWorkers: 1, audience: "https://arm.stack.example/0b1f" })
    .start();
  expect(await cluster.workers()).toHaveLength(1);
  await cluster.close();
});

test("an Arm size gets the image for Arm, an old size one that it boots, and a GPU counts for its own role", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  await using cluster = await subscription
    .cluster({ ...FROM_HERE, schedulerVmSize: "Standard_D2ps_v5", workerVmSize: "Standard_NC4as_T4_v3", nWorkers: 1 })
    .start();
  expect(subscription.cloud.machines.map(({ image }) => image)).toEqual([
    expect.stringMatching(/^Canonical:ubuntu-26_04-lts:server-arm64:/),
    expect.stringMatching(/^Canonical:ubuntu-26_04-lts:server:/),
  ]);
  expect(cluster.previewStartupScript("worker")).toContain("DASK_FLEET_GPU='1'");
  expect(cluster.previewStartupScript("scheduler")).toContain("DASK_FLEET_GPU='0'");
  await cluster.close();
  await using old = await subscription.cluster({ ...FROM_HERE, vmSize: "Standard_NV4as_v4" }).start();
  expect(subscription.cloud.machines[0]?.image).toMatch(/:server-gen1:/);
  expect(old.previewStartupScript("scheduler")).toContain("DASK_FLEET_GPU='0'");
  await old.close();
});

test("an image id may carry a plan, and a plan's image keeps the requested version", async () => {
  await using subscription = await TestSubscription.open();
  const { recorder, account } = subscription.cloud;
  const id = account.images[0]?.id;
  const references: unknown[] = [];
  for (const vmImage of [{ id }, { version: "23.03.0" }]) {
    const cluster = await subscription.prepared({ vmImage, marketplacePlan: PLAN });
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    const sent = recorder.requests.findLast(({ operation }) => operation === "VirtualMachines_CreateOrUpdate");
    const { plan, properties } = JSON.parse(sent?.request.body.toString() ?? "") as {
      plan: unknown;
      properties: { storageProfile: { imageReference: unknown } };
    };
    references.push([plan, properties.storageProfile.imageReference]);
  }
  const { publisher, product: offer, name: sku } = PLAN;
  expect(references).toEqual([
    [PLAN, { id }],
    [PLAN, { publisher, offer, sku, version: "23.03.0" }],
  ]);
});

test("a Marketplace image with a plan is bought with it", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  await using cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 1, marketplacePlan: PLAN }).start();
  for (const { image } of subscription.cloud.machines)
    expect(image).toBe(`${PLAN.publisher}:${PLAN.product}:${PLAN.name}:23.03.0`);
  await cluster.close();
});
