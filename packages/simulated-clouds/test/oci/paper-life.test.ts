import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";
import { freshOci } from "./fresh-oci.ts";

const given = freshOci({ boot: "paper" });
const PORTS = { destinationPortRange: { min: 8786, max: 60_000 } };

function userData(bytes: Uint8Array): { readonly metadata: Record<string, string> } {
  return { metadata: { user_data: Buffer.from(bytes).toString("base64") } };
}

test("a scheduler and workers find each other through their security group and leave nothing", async () => {
  const { cloud, sdk } = given;
  const told = new ToldCluster("lab");
  const group = await sdk.group(sdk.vcnId, "dask-lab");
  const common = {
    freeformTags: { "cluster-name": "lab" },
    createVnicDetails: { subnetId: cloud.privateSubnet, nsgIds: [group] },
  };
  const scheduler = await sdk.launch({ ...common, ...userData(told.scheduler()) });
  await until("the scheduler", () => cloud.paper.scheduler("lab") !== undefined);
  const { privateIp = "" } = await sdk.vnic(scheduler.id);
  const workers = [await sdk.launch({ ...common, ...userData(told.worker(privateIp)) })];
  await until("the worker to wait for its scheduler", () => cloud.poweredOn === 2);
  expect(cloud.paper.scheduler("lab")?.workers.size).toBe(0);
  await sdk.addRules(group, [
    {
      direction: "INGRESS" as never,
      protocol: "6",
      source: group,
      sourceType: "NETWORK_SECURITY_GROUP" as never,
      tcpOptions: PORTS,
    },
  ]);
  // Once more in gzip, which cloud-init takes.
  const zipped = gzipSync(told.worker(privateIp, {}, { gzip: false }));
  workers.push(await sdk.launch({ ...common, ...userData(zipped) }));
  await until("two workers", () => cloud.paper.scheduler("lab")?.workers.size === 2);
  expect(cloud.leftovers("lab").map(({ kind }) => kind)).toEqual([
    "instance",
    "instance",
    "instance",
    "network security group",
  ]);
  for (const { id } of [scheduler, ...workers]) await sdk.terminate(id);
  await until("the VNICs to be gone", () => cloud.account.heldVnics.length === 0);
  await sdk.network.deleteNetworkSecurityGroup({ networkSecurityGroupId: group });
  expect(cloud.leftovers("lab")).toEqual([]);
});
