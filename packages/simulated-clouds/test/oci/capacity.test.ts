import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci();
const FULL = "500 InternalError: Out of host capacity.";

test("a fault domain without hosts refuses; without one, an instance goes where hosts are", async () => {
  const { cloud, sdk } = given;
  cloud.account.capacity = [
    { faultDomain: "FAULT-DOMAIN-1", instances: 0 },
    { availabilityDomain: "AD-1", faultDomain: "FAULT-DOMAIN-2", instances: 1 },
    { availabilityDomain: "AD-1", faultDomain: "FAULT-DOMAIN-3", instances: 1 },
  ];
  expect(await refusal(sdk.launch({ faultDomain: "FAULT-DOMAIN-1" }))).toBe(FULL);
  const launched = [await sdk.launch(), await sdk.launch()];
  expect(new Set(launched.map(({ faultDomain }) => faultDomain))).toEqual(
    new Set(["FAULT-DOMAIN-2", "FAULT-DOMAIN-3"]),
  );
  expect(await refusal(sdk.launch())).toBe(FULL);
  const [, second = ""] = cloud.account.availabilityDomains;
  await sdk.launch({ availabilityDomain: second });
  expect(cloud.machines).toHaveLength(3);
});

test("capacity is one for each shape, and another one for preemptible instances", async () => {
  const { cloud, sdk } = given;
  cloud.account.capacity = [
    { shape: "VM.Standard.E4.Flex", instances: 1 },
    { preemptible: true, instances: 0 },
  ];
  const preemptibleInstanceConfig = { preemptionAction: { type: "TERMINATE" } as never };
  expect(await refusal(sdk.launch({ preemptibleInstanceConfig }))).toBe(FULL);
  const { id } = await sdk.launch();
  expect(await refusal(sdk.launch())).toBe(FULL);
  await sdk.launch({ shape: "VM.Standard.E5.Flex" });
  await sdk.terminate(id);
  await sdk.untilState(id, "TERMINATED");
  await sdk.launch();
});

test("a capacity report tells what there is", async () => {
  const { cloud, sdk } = given;
  const { availabilityDomain, compartmentId } = sdk.details();
  cloud.account.capacity = [
    { shape: "VM.Standard2.1", instances: 0 },
    { faultDomain: "FAULT-DOMAIN-2", instances: 4 },
  ];
  const { computeCapacityReport: report } = await sdk.compute.createComputeCapacityReport({
    createComputeCapacityReportDetails: {
      compartmentId,
      availabilityDomain,
      shapeAvailabilities: [
        { instanceShape: "VM.Standard2.1" },
        { instanceShape: "VM.Standard.E4.Flex", instanceShapeConfig: { ocpus: 1 }, faultDomain: "FAULT-DOMAIN-2" },
        { instanceShape: "VM.None" },
      ],
    },
  });
  expect(report.shapeAvailabilities.map((each) => [each.availabilityStatus, each.availableCount])).toEqual([
    ["OUT_OF_HOST_CAPACITY", null],
    ["AVAILABLE", 4],
    ["HARDWARE_NOT_SUPPORTED", null],
  ]);
});

test("a stopped instance gives its host back", async () => {
  const { cloud, sdk } = given;
  cloud.account.capacity = [{ instances: 1 }];
  const { id } = await sdk.launch();
  await sdk.untilState(id, "RUNNING");
  await sdk.compute.instanceAction({ instanceId: id, action: "STOP" });
  await sdk.untilState(id, "STOPPED");
  await sdk.launch();
  expect(cloud.machines).toHaveLength(2);
});

const late = freshOci({ capacityToldIn: "work-request" });

test("a launch may be accepted, and its work request tell that there was no host", async () => {
  const { cloud, sdk } = late;
  cloud.account.capacity = [{ instances: 0 }];
  const { instance, opcWorkRequestId } = await sdk.compute.launchInstance({ launchInstanceDetails: sdk.details() });
  expect(instance.lifecycleState).toBe("PROVISIONING");
  await sdk.untilState(instance.id, "TERMINATED");
  const path = `/20160918/workRequests`;
  const query = `compartmentId=${sdk.compartmentId}&resourceId=${instance.id}`;
  expect(await sdk.json(`${path}?${query}`)).toMatchObject([{ id: opcWorkRequestId, status: "FAILED" }]);
  expect(await sdk.json(`${path}/${opcWorkRequestId}`)).toMatchObject({ operationType: "LaunchInstance" });
  expect(await sdk.json(`${path}/${opcWorkRequestId}/errors`)).toMatchObject([
    { code: "InternalError", message: "Out of host capacity." },
  ]);
  await until("everything to be gone", () => cloud.machines.length === 0 && cloud.poweredOn === 0);
});
