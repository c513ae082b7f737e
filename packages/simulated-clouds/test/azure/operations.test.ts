import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import { freshAzure } from "./fresh-azure.ts";
import { ask, network, settled, type Tree, vmBody } from "./wire-client.ts";

const given = freshAzure();
const PATH = "virtualMachines/node";
const IN_ZONE = { zones: ["1"] };

test("an operation is polled at the URL of its response until it ends", async () => {
  await using cloud = await new SimulatedAzure({
    throttling: false,
    pendingMs: 1_000_000,
    stoppingMs: 1_000_000,
  }).start();
  const made = await ask(cloud, "PUT", PATH, vmBody());
  expect(made.body).toMatchObject({ name: "node", properties: { provisioningState: "Creating" } });
  expect(made.headers.get("location")).toBeNull();
  const outcome = await settled(cloud, made);
  expect(outcome).toMatchObject({ status: "Succeeded", startTime: expect.any(String), endTime: expect.any(String) });
  const deleted = await ask(cloud, "DELETE", PATH);
  expect([deleted.status, (await ask(cloud, "GET", PATH)).body]).toMatchObject([
    202,
    { properties: { provisioningState: "Deleting" } },
  ]);
  const location = deleted.headers.get("location") ?? "";
  expect((await ask(cloud, "GET", location)).status).toBe(202);
  await settled(cloud, deleted);
  expect((await ask(cloud, "GET", location)).status).toBe(204);
});

test("addresses appear before a machine runs, and its provisioning ends a little later", async () => {
  await using slow = await new SimulatedAzure({
    throttling: false,
    addressMs: 1e9,
    pendingMs: 1,
    provisionedMs: 1e9,
  }).start();
  await ask(slow, "PUT", PATH, vmBody());
  await until("it to run", () => slow.machines[0]?.powerState === "running");
  const { body } = await ask(slow, "GET", PATH);
  expect(body).toMatchObject({
    properties: { provisioningState: "Creating", networkProfile: { networkInterfaces: [] } },
  });
  const nic = await ask(slow, "GET", `networkInterfaces/${slow.account.nics.all[0]?.name}`);
  expect(JSON.stringify(nic.body)).not.toContain(slow.machines[0]?.privateAddress);
});

test.each<[string, Tree, string, RegExp]>([
  ["region", {}, "AllocationFailed", /in this region/],
  ["zone", IN_ZONE, "ZonalAllocationFailed", /in this zone/],
])(
  "a lack of capacity in a %s appears after acceptance, and the failed VM stays",
  async (_where, fields, code, words) => {
    const { cloud } = given;
    cloud.account.capacity = [{ vmSize: "Standard_DS1_v2", priority: "Regular", machines: 0 }];
    const body = vmBody({}, fields);
    const answer = await ask(cloud, "PUT", PATH, body);
    expect(answer.status).toBe(201);
    expect(await settled(cloud, answer)).toMatchObject({
      status: "Failed",
      error: { code, message: expect.stringMatching(words) },
    });
    expect(cloud.machines).toMatchObject([{ on: false, provisioningState: "Failed", powerState: undefined }]);
    expect(cloud.account.nics.size).toBe(1);
    // The same again is another attempt.
    cloud.account.capacity = [];
    const again = await ask(cloud, "PUT", PATH, body);
    expect([again.status, await settled(cloud, again)]).toMatchObject([200, { status: "Succeeded" }]);
    await settled(cloud, await ask(cloud, "DELETE", PATH));
    expect([cloud.machines.length, cloud.account.nics.size, cloud.account.disks.size]).toEqual([0, 0, 0]);
  },
);

test("Spot machines have their own capacity and quotas", async () => {
  const { cloud } = given;
  cloud.account.capacity = [{ priority: "Spot", machines: 1 }];
  cloud.account.quotas = { vcpus: 1, spotVcpus: 2, family: { standardDSv2Family: 1 } };
  const spot = vmBody({ priority: "Spot", evictionPolicy: "Deallocate" });
  expect(await settled(cloud, await ask(cloud, "PUT", "virtualMachines/a", vmBody()))).toMatchObject({
    status: "Succeeded",
  });
  expect((await ask(cloud, "PUT", "virtualMachines/b", vmBody())).message).toMatch(/Total Regional Cores quota/);
  cloud.account.quotas = { ...cloud.account.quotas, vcpus: 10 };
  expect((await ask(cloud, "PUT", "virtualMachines/b", vmBody())).message).toMatch(/standardDSv2Family Cores quota/);
  expect(await settled(cloud, await ask(cloud, "PUT", "virtualMachines/c", spot))).toMatchObject({
    status: "Succeeded",
  });
  expect(await settled(cloud, await ask(cloud, "PUT", "virtualMachines/d", spot))).toMatchObject({ status: "Failed" });
  cloud.kill("c");
  await until("it to give its computer back", () =>
    cloud.machines.some(({ powerState }) => powerState === "deallocated"),
  );
  expect(cloud.machines.find(({ id }) => id === "c")).toMatchObject({ on: false, provisioningState: "Succeeded" });
});

test("deleting a machine before it runs ends its creating operation", async () => {
  await using slow = await new SimulatedAzure({ throttling: false, pendingMs: 1e9, bootMs: 1e9 }).start();
  const made = await ask(slow, "PUT", PATH, vmBody());
  await settled(slow, await ask(slow, "DELETE", PATH));
  expect(await settled(slow, made)).toMatchObject({ status: "Canceled", error: { code: "OperationPreempted" } });
  expect((await ask(slow, "DELETE", PATH)).status).toBe(204);
});

test("an on-demand machine that fails or powers off stays until it is deleted", async () => {
  const { cloud } = given;
  await settled(cloud, await ask(cloud, "PUT", PATH, vmBody()));
  cloud.kill("node");
  await until("it to be off", () => cloud.machines[0]?.powerState === "stopped");
  const { body } = await ask(cloud, "GET", `${PATH}/instanceView`);
  expect(body).toMatchObject({ statuses: [{ code: "ProvisioningState/succeeded" }, { code: "PowerState/stopped" }] });
});

test("lists are paged and show new resources a moment later", async () => {
  await using cloud = await new SimulatedAzure({ throttling: false, pageSize: 2, listLagMs: 1e9 }).start();
  for (const name of ["a", "b", "c"]) await ask(cloud, "PUT", `virtualMachines/${name}`, vmBody());
  expect((await ask(cloud, "GET", "virtualMachines")).body["value"]).toEqual([]);
  expect((await ask(cloud, "GET", "virtualMachines/a")).status).toBe(200);
  await using paged = await new SimulatedAzure({ throttling: false, pageSize: 2, listLagMs: 0 }).start();
  for (const name of ["a", "b", "c"]) await ask(paged, "PUT", `virtualMachines/${name}`, vmBody());
  const first = await ask(paged, "GET", "virtualMachines");
  expect(first.body["value"]).toHaveLength(2);
  const second = await ask(paged, "GET", String(first.body["nextLink"]));
  expect([second.body["value"], second.body["nextLink"]]).toMatchObject([[{ name: "c" }], undefined]);
});

test("too many writes to one VM, or reads of it, are throttled for a while", async () => {
  await using strict = await new SimulatedAzure({
    resourceWritesPerMinute: 1,
    lowCostGetPerMinute: 2,
    speed: 1,
  }).start();
  const writes = await Promise.all(Array.from({ length: 4 }, () => ask(strict, "PUT", PATH, vmBody())));
  const refused = writes.filter(({ status }) => status === 429);
  expect(refused).toMatchObject([{ code: "OperationNotAllowed", message: expect.stringMatching(/too many requests/) }]);
  expect(refused[0]?.headers.get("retry-after")).toBe("10");
  const poll = writes.find(({ status }) => status < 300)?.headers.get("azure-asyncoperation") ?? "";
  const polls = await Promise.all(Array.from({ length: 7 }, () => ask(strict, "GET", poll)));
  expect(polls.filter(({ status }) => status === 429)).toHaveLength(1);
  // Another VM has a budget of its own.
  expect((await ask(strict, "PUT", "virtualMachines/other", vmBody())).status).toBe(201);
});

test.each<[string, string, string, unknown?]>([
  ["a misspelt field", "PUT", PATH, { ...vmBody(), propertys: {} }],
  ["a wrong type", "PUT", PATH, vmBody({ networkProfile: network({ primary: "yes" }) })],
  ["another API version", "GET", `${PATH}?api-version=2024-07-01`],
  ["a parameter that is none", "GET", "virtualMachines?$top=3"],
  ["a path that is none", "POST", `${PATH}/explode`],
])("rejects %s as malformed", async (_what, method, path, body) => {
  await using cloud = await new SimulatedAzure({ throttling: false }).start();
  expect((await ask(cloud, method, path, body)).status).toBe(400);
  expect(cloud.violations).toHaveLength(1);
});
