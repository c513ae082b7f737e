import { expect, test } from "vitest";

import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci();

test("an instance goes from PROVISIONING to TERMINATED, and its boot volume and VNIC with it", async () => {
  const { cloud, sdk } = given;
  const { compartmentId } = sdk;
  const { id, lifecycleState, shapeConfig } = await sdk.launch();
  expect([lifecycleState, shapeConfig?.vcpus]).toEqual(["PROVISIONING", 2]);
  await sdk.untilState(id, "RUNNING");
  const vnic = await sdk.vnic(id);
  expect(cloud.machines[0]).toMatchObject({ privateAddress: vnic.privateIp, publicAddress: vnic.publicIp });
  await sdk.terminate(id);
  await sdk.untilState(id, "TERMINATED");
  // It is listed for an hour.
  expect((await sdk.compute.listInstances({ compartmentId })).items.map(({ lifecycleState: each }) => each)).toEqual([
    "TERMINATED",
  ]);
  expect((await sdk.compute.listVnicAttachments({ compartmentId, instanceId: id })).items[0]?.lifecycleState).toBe(
    "DETACHED",
  );
  expect(await refusal(sdk.network.getVnic({ vnicId: vnic.id }))).toMatch(/^404 NotAuthorizedOrNotFound: /u);
  expect([cloud.machines, cloud.account.bootVolumes.all[0]?.toJson()]).toMatchObject([
    [],
    { lifecycleState: "TERMINATED" },
  ]);
});
