import { ComputeManagementClient } from "@azure/arm-compute";
import { EnvironmentCredential } from "@azure/identity";
import { expect, test, vi } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP } from "./sdk.ts";

const given = freshAzure();

async function all<Item>(pages: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

test("a VM is created, read, listed and deleted with all its parts", async () => {
  const { cloud, sdk } = given;
  const { compute, network, often } = sdk;
  const made = await compute.virtualMachines.createOrUpdate(GROUP, "node", sdk.vm(), often);
  expect(made).toMatchObject({ name: "node", provisioningState: "Succeeded", tags: { "cluster-name": "lab" } });
  const { instanceView, networkProfile } = await compute.virtualMachines.get(GROUP, "node", { expand: "instanceView" });
  expect(instanceView?.statuses?.map(({ code }) => code)).toEqual([
    "ProvisioningState/succeeded",
    "PowerState/running",
  ]);
  const nicName = networkProfile?.networkInterfaces?.[0]?.id?.split("/").at(-1) ?? "";
  const nic = await network.networkInterfaces.get(GROUP, nicName);
  const addressName = nic.ipConfigurations?.[0]?.publicIPAddress?.id?.split("/").at(-1) ?? "";
  const address = await network.publicIPAddresses.get(GROUP, addressName);
  expect([nic.ipConfigurations?.[0]?.privateIPAddress, address.ipAddress]).toEqual([
    cloud.machines[0]?.privateAddress,
    cloud.machines[0]?.publicAddress,
  ]);
  expect((await all(compute.virtualMachines.list(GROUP))).map(({ name }) => name)).toEqual(["node"]);
  expect(cloud.leftovers("lab")).toEqual([{ kind: "virtual machine", id: "node" }]);
  await compute.virtualMachines.delete(GROUP, "node", often);
  expect([cloud.machines, cloud.leftovers("lab"), cloud.account.nics.all]).toEqual([[], [], []]);
  await expect(compute.virtualMachines.get(GROUP, "node")).rejects.toMatchObject({
    statusCode: 404,
    code: "ResourceNotFound",
  });
});

test("a scale set is created, scaled up, loses named machines and is deleted with the rest", async () => {
  const { cloud, sdk } = given;
  const { virtualMachineScaleSets: sets, virtualMachines } = sdk.compute;
  const made = await sets.createOrUpdate(GROUP, "workers", sdk.scaleSet(2), sdk.often);
  expect([made.sku?.capacity, made.provisioningState]).toEqual([2, "Succeeded"]);
  const grown = await sets.update(GROUP, "workers", { sku: { name: "Standard_DS1_v2", capacity: 3 } }, sdk.often);
  expect(grown.sku?.capacity).toBe(3);
  const filter = `'virtualMachineScaleSet/id' eq '${made.id}'`;
  const members = await all(virtualMachines.list(GROUP, { filter, expand: "instanceView" }));
  expect(members.map(({ name, osProfile }) => [name, osProfile?.computerName])).toEqual(
    Array.from({ length: 3 }, () => [
      expect.stringMatching(/^workers_[\da-f]{8}$/),
      expect.stringMatching(/^worker-[\dA-Z]{6}$/),
    ]),
  );
  const [first, second, third] = members.map(({ name }) => name ?? "");
  await expect(
    sets.deleteInstances(GROUP, "workers", { instanceIds: [first ?? "", "workers_none"] }, sdk.often),
  ).rejects.toThrow("The provided instanceId workers_none is not an active Virtual Machine Scale Set VM instanceId.");
  expect(cloud.machines).toHaveLength(3);
  await sets.deleteInstances(GROUP, "workers", { instanceIds: [first ?? ""] }, { ...sdk.often, forceDeletion: true });
  await virtualMachines.delete(GROUP, second ?? "", sdk.often);
  expect((await sets.get(GROUP, "workers")).sku?.capacity).toBe(1);
  expect((await all(sdk.compute.virtualMachineScaleSetVMs.list(GROUP, "workers"))).map((vm) => vm.instanceId)).toEqual([
    third,
  ]);
  await expect(sets.delete(GROUP, "workers", sdk.often)).rejects.toMatchObject({ statusCode: 409 });
  await sets.delete(GROUP, "workers", { ...sdk.often, forceDeletion: true });
  await sets.delete(GROUP, "workers", sdk.often);
  expect([cloud.machines, cloud.leftovers("lab")]).toEqual([[], []]);
});

test("networks and security groups are created and deleted", async () => {
  const { networkSecurityGroups, applicationSecurityGroups, virtualNetworks, subnets } = given.sdk.network;
  const { often } = given.sdk;
  const common = { location: "East US", tags: { "cluster-name": "lab" } };
  const members = await applicationSecurityGroups.createOrUpdate(GROUP, "members", common, often);
  const group = await networkSecurityGroups.createOrUpdate(
    GROUP,
    "guard",
    {
      ...common,
      securityRules: [
        {
          name: "dask",
          protocol: "Tcp",
          access: "Allow",
          direction: "Inbound",
          priority: 100,
          sourcePortRange: "*",
          destinationPortRanges: ["8786-8788"],
          sourceApplicationSecurityGroups: [{ id: members.id ?? "" }],
          destinationAddressPrefix: "*",
        },
      ],
    },
    often,
  );
  expect([group.provisioningState, group.location, group.defaultSecurityRules?.length]).toEqual([
    "Succeeded",
    "eastus",
    6,
  ]);
  const net = await virtualNetworks.createOrUpdate(
    GROUP,
    "net",
    {
      ...common,
      addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
      subnets: [{ name: "default", addressPrefix: "10.0.0.0/20", networkSecurityGroup: { id: group.id ?? "" } }],
    },
    often,
  );
  expect(net.subnets?.map(({ addressPrefix }) => addressPrefix)).toEqual(["10.0.0.0/20"]);
  expect((await subnets.get(GROUP, "net", "default")).networkSecurityGroup?.id).toBe(group.id);
  expect((await all(subnets.list(GROUP, "net"))).length).toBe(1);
  await expect(networkSecurityGroups.delete(GROUP, "guard", often)).rejects.toMatchObject({
    code: "InUseNetworkSecurityGroupCannotBeDeleted",
  });
  await virtualNetworks.delete(GROUP, "net", often);
  await networkSecurityGroups.delete(GROUP, "guard", often);
  await applicationSecurityGroups.delete(GROUP, "members", often);
  await applicationSecurityGroups.delete(GROUP, "members", often);
  expect((await all(networkSecurityGroups.list(GROUP))).map(({ name }) => name)).toEqual(["lab-nsg"]);
  expect((await all(virtualNetworks.list("network-rg"))).map(({ name }) => name)).toEqual(["shared-vnet"]);
});

test("the catalogue lists images, their versions and sizes", async () => {
  const { virtualMachineImages: images, resourceSkus, images: own } = given.sdk.compute;
  const [newest] = await images.list("eastus", "Canonical", "ubuntu-24_04-lts", "server", {
    top: 1,
    orderby: "name desc",
  });
  expect(newest?.name).toBe("24.04.202610020");
  const image = await images.get("eastus", "Canonical", "ubuntu-24_04-lts", "server-arm64", newest?.name ?? "");
  expect([image.architecture, image.hyperVGeneration]).toEqual(["Arm64", "V2"]);
  const offers = await images.listOffers("eastus", "Canonical");
  expect(offers.map(({ name }) => name)).toContain("ubuntu-26_04-lts");
  expect((await images.listSkus("eastus", "Canonical", "ubuntu-26_04-lts")).length).toBe(4);
  await expect(images.listSkus("eastus", "Canonical", "none")).rejects.toMatchObject({ statusCode: 404 });
  const skus = await all(resourceSkus.list({ filter: "location eq 'eastus'" }));
  const gpu = skus.find(({ name }) => name === "Standard_NC4as_T4_v3");
  expect(gpu?.capabilities?.find(({ name }) => name === "GPUs")?.value).toBe("1");
  expect((await own.get(GROUP, "dask-baked")).hyperVGeneration).toBe("V2");
});

test("the environment's credentials work for this cloud, wrong ones for none", async () => {
  const { cloud } = given;
  for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
  const credential = new EnvironmentCredential({ disableInstanceDiscovery: true });
  const compute = new ComputeManagementClient(credential, cloud.subscription, { endpoint: cloud.endpoint });
  expect(await all(compute.virtualMachines.list(GROUP))).toEqual([]);
  vi.stubEnv("AZURE_CLIENT_SECRET", "wrong");
  const wrong = new EnvironmentCredential({ disableInstanceDiscovery: true });
  await expect(wrong.getToken(`${cloud.endpoint}/.default`)).rejects.toThrow("AADSTS7000215");
});

test("a machine's console is read at a signed URL", async () => {
  const { cloud, sdk } = given;
  const { virtualMachines } = sdk.compute;
  const diagnosticsProfile = { bootDiagnostics: { enabled: true } };
  await virtualMachines.createOrUpdate(GROUP, "node", sdk.vm({ diagnosticsProfile }), sdk.often);
  const { serialConsoleLogBlobUri: uri = "" } = await virtualMachines.retrieveBootDiagnosticsData(GROUP, "node");
  await until("its first words", async () => (await (await fetch(uri)).text()).includes("boots nothing"));
  expect((await fetch(uri.replace(/sig=./u, "sig="))).status).toBe(403);
  expect(cloud.calls.count("VirtualMachines_RetrieveBootDiagnosticsData")).toBe(1);
  await virtualMachines.createOrUpdate(GROUP, "other", sdk.vm(), sdk.often);
  await expect(virtualMachines.retrieveBootDiagnosticsData(GROUP, "other")).rejects.toMatchObject({ statusCode: 409 });
});
