import { expect, test } from "vitest";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { QUICK } from "../test-cloud.ts";
import { anHour, FROM_HERE, json, TestSubscription } from "./subscription.ts";

isolatedState();

const NO_LAG = { listLagMs: 0, stoppingMs: 0 };

test("members of the cluster's scale sets count as workers although Azure does not tag them", async () => {
  await using subscription = await TestSubscription.open({ ...NO_LAG, memberTags: false });
  const cluster = await subscription.prepared({ name: "lab" });
  const made = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  expect(made.machines.map(({ role }) => role)).toEqual(["worker", "worker"]);
  const ids = made.machines.map(({ id }) => id).toSorted();
  const listed = await cluster.verbs.list(anHour());
  expect(new Map(listed.map(({ id, role }) => [id, role]))).toEqual(new Map(ids.map((id) => [id, "worker"])));
  const { endpoint, credential, subscription: subscriptionId } = subscription.cloud;
  const where = {
    ...QUICK,
    ...FROM_HERE,
    endpoint,
    credential,
    subscriptionId,
    location: "eastus",
    resourceGroup: "dask-rg",
  };
  const [summary] = await AzureVMCluster.list(where);
  const machines = summary?.resources.filter(({ kind }) => kind === "virtual machine").map(({ id }) => id);
  expect([summary?.name, machines?.toSorted()]).toEqual(["lab", ids]);
  await AzureVMCluster.remove("lab", where);
  expect(subscription.cloud.leftovers("lab")).toEqual([]);
  expect(subscription.cloud.machines).toEqual([]);
});

test("a scale-up overtaken by a later change goes on and awaits its machines", async () => {
  await using subscription = await TestSubscription.open({ ...NO_LAG, pendingMs: 500_000 });
  const cluster = await subscription.prepared({ listLagMs: 30_000 });
  subscription.instead(
    /^Operations_Get$/,
    json(200, {
      name: "an-operation",
      status: "Canceled",
      error: { code: "OperationPreempted", message: "by a more recent operation" },
    }),
  );
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", 3), anHour());
  expect([machines.length, shortfall]).toEqual([3, undefined]);
});

test("machines that Azure cannot delete yet are deleted once it can", async () => {
  await using subscription = await TestSubscription.open(NO_LAG);
  const cluster = await subscription.prepared();
  for (const role of ["scheduler", "worker"] as const) {
    await cluster.verbs.create(cluster.request(role, 1), anHour());
  }
  const refusal = json(409, {
    error: { code: "OperationNotAllowed", message: "Force delete is not supported for such machines." },
  });
  const refused: string[] = [];
  subscription.cloud.recorder.watch(({ operation, request }) => {
    if (!/_Delete(?:Instances)?$/.test(operation) || request.url.searchParams.get("forceDeletion") !== "true")
      return undefined;
    refused.push(operation);
    return refusal;
  });
  await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
  await until("both to go", () => subscription.cloud.machines.length === 0);
  expect(refused.toSorted()).toEqual(["VirtualMachineScaleSets_DeleteInstances", "VirtualMachines_Delete"]);
});
