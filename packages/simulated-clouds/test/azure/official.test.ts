import { expect, test } from "vitest";

import { AzureVMCluster, type AzureVMClusterOptions } from "../../../../providers/azure/index.ts";
import { isolatedState } from "../../../../test/support/local-state.ts";
import { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import type { WireReply, WireRequest } from "../../src/core/http-cloud.ts";
import { officialDescription } from "./official.ts";
import { GROUP, Sdk } from "./sdk.ts";

isolatedState();

const official = officialDescription();

type Json = Readonly<Record<string, unknown>>;

/** Operations whose bodies are those of a resource, or of a list of them. */
const OF_RESOURCES = /_(?:CreateOrUpdate|Update|Get|List)$/u;
const OF_OTHERS = /^(?:Operations|OperationResults|VirtualMachineImages|ResourceSkus|Images)_/u;

/** A simulated cloud that notes what Azure's own descriptions would not have. */
class Checked extends SimulatedAzure {
  readonly found: string[] = [];
  readonly operations = new Set<string>();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    const reply = await super.answer(operation, request);
    const { method, url } = request;
    this.operations.add(operation);
    const { status } = reply;
    const exchange = { method, path: url.pathname, parameters: [...url.searchParams.keys()], status };
    this.found.push(...(official?.routeFaults(exchange) ?? []));
    if (!OF_RESOURCES.test(operation) || OF_OTHERS.test(operation)) return reply;
    if (method === "PUT") this.#check(url.pathname, request.body.toString(), "request");
    if (status < 300) this.#check(url.pathname, String(reply.body), "reply");
    return reply;
  }

  #check(path: string, text: string, kind: "request" | "reply"): void {
    const body = JSON.parse(text) as Json;
    const bodies = "value" in body ? (body["value"] as readonly unknown[]) : [body];
    for (const each of bodies) this.found.push(...(official?.bodyFaults(path, each, kind) ?? []));
  }
}

test.runIf(official !== undefined)("SDK requests and simulated responses match Azure's specifications", async () => {
  await using cloud = await new Checked({
    throttling: false,
    listLagMs: 0,
    capacity: [{ zone: "3", machines: 0 }],
  }).start();
  const sdk = new Sdk(cloud);
  const { compute, network, often } = sdk;
  const asgs = await network.applicationSecurityGroups.createOrUpdate(GROUP, "members", { location: "eastus" }, often);
  const nsg = await network.networkSecurityGroups.createOrUpdate(
    GROUP,
    "guard",
    {
      location: "eastus",
      tags: { "cluster-name": "lab" },
      securityRules: [
        {
          name: "members",
          protocol: "*",
          access: "Allow",
          direction: "Inbound",
          priority: 100,
          sourcePortRange: "*",
          destinationPortRange: "*",
          sourceApplicationSecurityGroups: [{ id: asgs.id ?? "" }],
          destinationApplicationSecurityGroups: [{ id: asgs.id ?? "" }],
        },
      ],
    },
    often,
  );
  const net = await network.virtualNetworks.createOrUpdate(
    GROUP,
    "net",
    {
      location: "eastus",
      addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
      subnets: [{ name: "default", addressPrefix: "10.0.0.0/20", networkSecurityGroup: { id: nsg.id ?? "" } }],
    },
    often,
  );
  const { virtualMachines: vms, virtualMachineScaleSets: sets } = compute;
  const identity = sdk.id("Microsoft.ManagedIdentity/userAssignedIdentities", "dask-identity");
  const more = {
    priority: "Spot",
    evictionPolicy: "Delete",
    billingProfile: { maxPrice: -1 },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    identity: { type: "UserAssigned" as const, userAssignedIdentities: { [identity]: {} } },
    zones: ["1"],
  };
  await vms.createOrUpdate(GROUP, "node", sdk.vm(more), often);
  await expect(vms.createOrUpdate(GROUP, "none", sdk.vm({ zones: ["3"] }), often)).rejects.toThrow(
    /ZonalAllocationFailed.*sufficient capacity/u,
  );
  await vms.get(GROUP, "none", { expand: "instanceView" });
  await vms.instanceView(GROUP, "node");
  await vms.retrieveBootDiagnosticsData(GROUP, "node", { sasUriExpirationTimeInMinutes: 5 });
  const set = await sets.createOrUpdate(GROUP, "workers", sdk.scaleSet(2), often);
  await sets.update(GROUP, "workers", { sku: { name: "Standard_DS1_v2", capacity: 3 } }, often);
  await sets.get(GROUP, "workers");
  const names: string[] = [];
  const filter = `'virtualMachineScaleSet/id' eq '${set.id}'`;
  for await (const { name } of vms.list(GROUP, { filter, expand: "instanceView" })) names.push(name ?? "");
  const lists: readonly AsyncIterable<unknown>[] = [
    vms.list(GROUP),
    sets.list(GROUP),
    compute.virtualMachineScaleSetVMs.list(GROUP, "workers"),
    compute.disks.listByResourceGroup(GROUP),
    network.networkInterfaces.list(GROUP),
    network.publicIPAddresses.list(GROUP),
    network.networkSecurityGroups.list(GROUP),
    network.applicationSecurityGroups.list(GROUP),
    network.virtualNetworks.list(GROUP),
    network.subnets.list(GROUP, "net"),
  ];
  for (const list of lists) for await (const _item of list);
  await network.networkInterfaces.get(GROUP, cloud.account.nics.all[0]?.name ?? "");
  await network.publicIPAddresses.get(GROUP, cloud.account.publicAddresses.all[0]?.name ?? "");
  await compute.disks.get(GROUP, cloud.account.disks.all[0]?.name ?? "");
  await network.subnets.get(GROUP, "net", net.subnets?.[0]?.name ?? "");
  await sets.deleteInstances(GROUP, "workers", { instanceIds: names.slice(0, 1) }, often);
  await sets.delete(GROUP, "workers", { ...often, forceDeletion: true });
  for (const name of ["node", "none"]) await vms.delete(GROUP, name, { ...often, forceDeletion: true });
  await network.virtualNetworks.delete(GROUP, "net", often);
  await network.networkSecurityGroups.delete(GROUP, "guard", often);
  await network.applicationSecurityGroups.delete(GROUP, "members", often);
  // The check finds something where there is something.
  const path = sdk.id("Microsoft.Compute/virtualMachines", "node");
  expect(official?.bodyFaults(path, { location: "eastus", bogus: 1 }, "request")).toHaveLength(1);
  expect([...new Set(cloud.found)]).toEqual([]);
  expect(cloud.violations).toEqual([]);
  expect(cloud.operations.size).toBeGreaterThan(28);
});

test.runIf(official !== undefined)("AzureVMCluster's requests match Azure's specifications", async () => {
  await using cloud = await new Checked({ boot: "paper", throttling: false }).start();
  const { credential, subscription: subscriptionId, endpoint } = cloud;
  const where = { endpoint, credential, subscriptionId, location: "eastus", resourceGroup: GROUP };
  const options = {
    ...where,
    identityCertificates: `${endpoint}/pki/roots.pem`,
    pollIntervalMs: 20,
    listLagMs: 100,
    closeOnExit: false,
  };
  const [identity = ""] = cloud.account.identities;
  const lives: readonly AzureVMClusterOptions[] = [
    {
      allowedCidrs: ["127.0.0.1/32", "2001:db8::/32"],
      zones: ["1", "2"],
      vmTags: { team: "data" },
      spot: "with-fallback",
    },
    { publicIp: false, vnet: "lab-vnet", managedIdentity: identity, diskSize: 64 },
    {
      allowedCidrs: ["127.0.0.1/32"],
      extraVmOptions: { securityProfile: { encryptionAtHost: true }, licenseType: "UBUNTU_PRO" },
    },
  ];
  for (const each of lives) {
    await using cluster = await new AzureVMCluster({
      ...options,
      ...each,
      nWorkers: 2,
      maxLifetimeMs: 36_000_000,
    }).start();
    await cluster.scale(3);
    await cluster.scale(1);
    await AzureVMCluster.list(where);
    await cluster.close();
  }
  expect([...new Set(cloud.found)]).toEqual([]);
  expect(cloud.violations).toEqual([]);
  expect(cloud.operations.size).toBeGreaterThan(28);
});
