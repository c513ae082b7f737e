import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import { resourceId } from "../../src/azure/state/shelf.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP } from "./sdk.ts";
import { ask, network, setBody, settled, type Tree } from "./wire-client.ts";

const given = freshAzure();
const PATH = "virtualMachineScaleSets/workers";
const ID = resourceId(GROUP, "Microsoft.Compute/virtualMachineScaleSets", "workers");
const OF_SET = encodeURIComponent(`'virtualMachineScaleSet/id' eq '${ID}'`);

test.each<[string, Tree, [number, string, RegExp]]>([
  ["the mode Uniform", setBody(1, { orchestrationMode: "Uniform" }), [400, "NotSupported", /Flexible/]],
  ["no mode", setBody(1, { orchestrationMode: undefined }), [400, "NotSupported", /Flexible/]],
  [
    "no fault domains",
    setBody(1, { platformFaultDomainCount: undefined }),
    [400, "InvalidParameter", /platformFaultDomainCount/],
  ],
  ["1001 machines", setBody(1001), [400, "InvalidParameter", /0 to 1000/]],
  [
    "interfaces without an API version",
    setBody(1, {}, {}, { networkProfile: { ...network(), networkApiVersion: undefined } }),
    [400, "InvalidParameter", /networkApiVersion/],
  ],
  ["a size that is none", setBody(0, {}, { sku: { name: "x", capacity: 0 } }), [400, "InvalidParameter", /VM size/]],
])("refuses a scale set with %s and creates nothing", async (_what, body, [status, code, words]) => {
  const answer = await ask(given.cloud, "PUT", PATH, body);
  expect(answer).toMatchObject({ status, code });
  expect(answer.message).toMatch(words);
  expect([given.cloud.account.scaleSets.size, given.cloud.account.vms.size]).toEqual([0, 0]);
});

test("writes to a set exclude each other, and a deletion preempts the current one", async () => {
  await using cloud = await new SimulatedAzure({
    throttling: false,
    pendingMs: 1e9,
    bootMs: 1e9,
    stoppingMs: 1e9,
  }).start();
  const first = await ask(cloud, "PUT", PATH, setBody(1));
  expect(first.status).toBe(201);
  for (const [method, path, body] of [
    ["PATCH", PATH, { sku: { capacity: 2 } }],
    ["PUT", PATH, setBody(2)],
    ["POST", `${PATH}/delete`, { instanceIds: [cloud.machines[0]?.id] }],
  ] as const) {
    expect(await ask(cloud, method, path, body)).toMatchObject({ status: 409, code: "Conflict" });
  }
  expect((await ask(cloud, "DELETE", `${PATH}?forceDeletion=true`)).status).toBe(202);
  expect(await settled(cloud, first)).toMatchObject({ status: "Canceled", error: { code: "OperationPreempted" } });
  expect(await ask(cloud, "PATCH", PATH, { sku: { capacity: 2 } })).toMatchObject({
    status: 409,
    code: "OperationNotAllowed",
    message: expect.stringMatching(/marked for deletion/),
  });
  expect([(await ask(cloud, "GET", PATH)).body, (await ask(cloud, "DELETE", PATH)).status]).toMatchObject([
    { properties: { provisioningState: "Deleting" } },
    202,
  ]);
});

test("machines within capacity come up, and the others stay as failed", async () => {
  const { cloud } = given;
  cloud.account.capacity = [{ machines: 2 }];
  const outcome = await settled(cloud, await ask(cloud, "PUT", PATH, setBody(3)));
  expect(outcome).toMatchObject({ status: "Failed", error: { code: "AllocationFailed" } });
  const states = (): readonly string[] => cloud.machines.map(({ provisioningState }) => provisioningState);
  await until("two to run", () => states().filter((state) => state === "Succeeded").length === 2);
  expect(states().filter((state) => state === "Failed")).toHaveLength(1);
  expect((await ask(cloud, "GET", PATH)).body).toMatchObject({ sku: { capacity: 3 } });
  const failed = cloud.machines.find(({ provisioningState }) => provisioningState === "Failed");
  const { body } = await ask(cloud, "GET", `virtualMachines/${failed?.id}?$expand=instanceView`);
  expect(body).toMatchObject({
    properties: { instanceView: { statuses: [{ code: "ProvisioningState/failed/AllocationFailed" }] } },
  });
  await settled(cloud, await ask(cloud, "POST", `${PATH}/delete`, { instanceIds: [failed?.id] }));
  expect((await ask(cloud, "GET", PATH)).body).toMatchObject({ sku: { capacity: 2 } });
});

test("a request beyond the quota creates nothing", async () => {
  const { cloud } = given;
  cloud.account.quotas = { vcpus: 2 };
  const answer = await ask(cloud, "PUT", PATH, setBody(3));
  expect(answer).toMatchObject({ status: 409, code: "OperationNotAllowed" });
  expect(answer.message).toMatch(/Total Regional Cores.*Current Limit: 2, Current Usage: 0, Additional Required: 3/);
  await settled(cloud, await ask(cloud, "PUT", PATH, setBody(1)));
  expect(await ask(cloud, "PATCH", PATH, { sku: { capacity: 3 } })).toMatchObject({ status: 409 });
  expect([cloud.machines.length, (await ask(cloud, "GET", PATH)).body]).toMatchObject([1, { sku: { capacity: 1 } }]);
});

test("the image of a set is for good, but for its version", async () => {
  const { cloud } = given;
  const withImage = (imageReference: Tree): Tree => {
    const image = { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" };
    return setBody(
      1,
      {},
      {},
      {
        storageProfile: { imageReference: { ...image, ...imageReference }, osDisk: { createOption: "FromImage" } },
      },
    );
  };
  await settled(cloud, await ask(cloud, "PUT", PATH, withImage({})));
  expect(await ask(cloud, "PUT", PATH, withImage({ sku: "minimal" }))).toMatchObject({
    status: 409,
    code: "PropertyChangeNotAllowed",
    message: "Changing property 'imageReference.sku' is not allowed.",
  });
  expect((await ask(cloud, "PUT", PATH, withImage({ version: "24.04.202609090" }))).status).toBe(200);
});

test("a set that shrinks deletes arbitrary members", async () => {
  const { cloud } = given;
  await settled(cloud, await ask(cloud, "PUT", PATH, setBody(4, {}, { zones: ["1", "2"] })));
  expect(cloud.machines.map(({ zone }) => zone)).toEqual(["1", "2", "1", "2"]);
  await settled(cloud, await ask(cloud, "PATCH", PATH, { sku: { name: "Standard_DS1_v2", capacity: 1 } }));
  expect(cloud.machines).toHaveLength(1);
});

test("instance views are listed per set, and not for an unknown one", async () => {
  const { cloud } = given;
  expect(await ask(cloud, "GET", "virtualMachines?$expand=instanceView")).toMatchObject({
    status: 400,
    code: "InvalidParameter",
  });
  expect(await ask(cloud, "GET", "virtualMachines?$filter=tagName%20eq%20'a'")).toMatchObject({ status: 400 });
  expect(await ask(cloud, "GET", `virtualMachines?$filter=${OF_SET}`)).toMatchObject({
    status: 200,
    body: { value: [] },
  });
});

test("an evicted Spot machine is deleted and reduces its set's capacity", async () => {
  const { cloud } = given;
  const spot = { priority: "Spot", evictionPolicy: "Delete", billingProfile: { maxPrice: -1 } };
  await settled(cloud, await ask(cloud, "PUT", PATH, setBody(2, {}, {}, spot)));
  cloud.kill(cloud.machines[0]?.id ?? "");
  await until("one to be left", () => cloud.machines.length === 1);
  expect((await ask(cloud, "GET", PATH)).body).toMatchObject({ sku: { capacity: 1 } });
  expect(cloud.account.nics.size).toBe(1);
});

test("If-Match guards the update of a set, If-None-Match its creation", async () => {
  const { cloud } = given;
  await settled(cloud, await ask(cloud, "PUT", PATH, setBody(2)));
  const { body } = await ask(cloud, "GET", PATH);
  const { etag } = body as { etag: string };
  const change = { sku: { name: "Standard_DS1_v2", capacity: 3 } };
  expect(await ask(cloud, "PATCH", PATH, change, { "if-match": '"99"' })).toMatchObject({
    status: 412,
    code: "PreconditionFailed",
  });
  await settled(cloud, await ask(cloud, "PATCH", PATH, change, { "if-match": etag }));
  expect(await ask(cloud, "PATCH", PATH, change, { "if-match": etag })).toMatchObject({ status: 412 });
  expect(await ask(cloud, "PUT", PATH, setBody(1), { "if-none-match": "*" })).toMatchObject({ status: 412 });
  expect(cloud.machines).toHaveLength(3);
});

test("a set's size lags, and reads by name miss new resources for a while", async () => {
  await using cloud = await new SimulatedAzure({
    throttling: false,
    pendingMs: 0,
    capacityLagMs: 1e9,
    getLagMs: 1e9,
  }).start();
  const put = await ask(cloud, "PUT", PATH, setBody(2));
  expect(await ask(cloud, "GET", PATH)).toMatchObject({ status: 404, code: "ResourceNotFound" });
  await settled(cloud, put);
  const changed = await ask(cloud, "PATCH", PATH, { sku: { name: "Standard_DS1_v2", capacity: 5 } });
  expect([changed.body, cloud.machines.length]).toMatchObject([{ sku: { capacity: 2 } }, 5]);
});
