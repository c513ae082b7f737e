import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { resourceId } from "../../src/azure/state/shelf.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP } from "./sdk.ts";
import { ask, IMAGE, network, osProfile, settled, storage, SUBNET, type Tree, vmBody } from "./wire-client.ts";

// Long enough for a test to see what is being deleted.
const given = freshAzure({ stoppingMs: 1_000_000 });

const BAKED = resourceId(GROUP, "Microsoft.Compute/images", "dask-baked");
const NVIDIA = {
  publisher: "nvidia",
  offer: "ngc_azure_17_11",
  sku: "ngc-base-version-23_03_0_gen2",
  version: "latest",
};
const PLAN = { name: "ngc-base-version-23_03_0_gen2", publisher: "nvidia", product: "ngc_azure_17_11" };
const key = (path: string, keyData: string): Tree => ({
  linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys: [{ path, keyData }] } },
});
const HOME_OF_KEYS = "/home/dask/.ssh/authorized_keys";
const address = (sku: string, method?: string): Tree => ({
  publicIPAddressConfiguration: {
    name: "public",
    sku: { name: sku },
    properties: { publicIPAllocationMethod: method },
  },
});
const missing = (type: "networkSecurityGroups" | "applicationSecurityGroups"): string =>
  resourceId(GROUP, `Microsoft.Network/${type}`, "none");

test.each<[string, Tree, [number, string, RegExp]]>([
  ["a region that is none", vmBody({}, { location: "mars" }), [400, "LocationNotAvailableForResourceType", /'mars'/]],
  ["a size that is none", vmBody({ hardwareProfile: { vmSize: "Standard_X" } }), [400, "InvalidParameter", /VM size/]],
  ["no size", vmBody({ hardwareProfile: {} }), [400, "InvalidParameter", /'vmSize' is missing/]],
  [
    "a size that the subscription may not have",
    vmBody({ hardwareProfile: { vmSize: "Standard_E4s_v5" } }),
    [409, "SkuNotAvailable", /Capacity Restrictions: Standard_E4s_v5/],
  ],
  [
    "a size that another region has",
    vmBody({ hardwareProfile: { vmSize: "Standard_M8ms" } }),
    [409, "SkuNotAvailable", /location 'eastus'/],
  ],
  [
    "a size that another zone has",
    vmBody({ hardwareProfile: { vmSize: "Standard_F2s_v2" } }, { zones: ["2"] }),
    [409, "SkuNotAvailable", /zone 2/],
  ],
  [
    "a size that the subscription may not use in this zone",
    vmBody({ hardwareProfile: { vmSize: "Standard_NC24ads_A100_v4" } }, { zones: ["2"] }),
    [409, "SkuNotAvailable", /zone 2/],
  ],
  ["a zone that is none", vmBody({}, { zones: ["7"] }), [400, "InvalidAvailabilityZone", /'7'/]],
  [
    "an image that is none",
    vmBody({ storageProfile: storage({ ...IMAGE, sku: "x" }) }),
    [404, "PlatformImageNotFound", /x:latest/],
  ],
  [
    "a version that is none",
    vmBody({ storageProfile: storage({ ...IMAGE, version: "1.0.0" }) }),
    [404, "PlatformImageNotFound", /server:1.0.0/],
  ],
  [
    "an image of the account that is none",
    vmBody({ storageProfile: storage({ id: `${BAKED}-none` }) }),
    [404, "NotFound", /cannot be found in 'eastus'/],
  ],
  [
    "an image for another processor",
    vmBody({ hardwareProfile: { vmSize: "Standard_D2ps_v5" } }),
    [400, "BadRequest", /'Arm64'.*'x64'/],
  ],
  [
    "an image of another generation",
    vmBody({
      hardwareProfile: { vmSize: "Standard_D2s_v6" },
      storageProfile: storage({ ...IMAGE, sku: "server-gen1" }),
    }),
    [400, "BadRequest", /Generation '1'/],
  ],
  [
    "a disk that is smaller than the image",
    vmBody({ storageProfile: storage(IMAGE, { diskSizeGB: 29 }) }),
    [409, "OperationNotAllowed", /29 GB is smaller/],
  ],
  [
    "no plan for an image that somebody sells",
    vmBody({ storageProfile: storage(NVIDIA) }),
    [400, "VMMarketplaceInvalidInput", /requires Plan/],
  ],
  [
    "another plan than the image's",
    vmBody({ storageProfile: storage(NVIDIA) }, { plan: { ...PLAN, name: "x" } }),
    [400, "ResourcePurchaseValidationFailed", /PlanId: 'x'/],
  ],
  [
    "a plan for an image that needs none",
    vmBody({}, { plan: PLAN }),
    [400, "VMMarketplaceInvalidInput", /does not need/],
  ],
  [
    "a reserved user name",
    vmBody({ osProfile: osProfile({ adminUsername: "admin" }) }),
    [400, "InvalidParameter", /Admin Username/],
  ],
  [
    "a key for another user",
    vmBody({ osProfile: osProfile(key("/home/other/.ssh/authorized_keys", "")) }),
    [400, "InvalidParameter", /Destination path/],
  ],
  [
    "a key that is none",
    vmBody({ osProfile: osProfile(key(HOME_OF_KEYS, "ssh-ed25519 AAAA")) }),
    [400, "InvalidParameter", /keyData is invalid/],
  ],
  [
    "no way to log in",
    vmBody({ osProfile: osProfile({ linuxConfiguration: { disablePasswordAuthentication: true } }) }),
    [400, "InvalidParameter", /must be enabled/],
  ],
  [
    "custom data that is no base64",
    vmBody({ osProfile: osProfile({ customData: "#cloud-config" }) }),
    [400, "InvalidParameter", /87380 characters/],
  ],
  [
    "64 KiB of custom data",
    vmBody({ osProfile: osProfile({ customData: Buffer.alloc(65_536).toString("base64") }) }),
    [400, "InvalidParameter", /87380 characters/],
  ],
  [
    "a host name with _",
    vmBody({ osProfile: osProfile({ computerName: "a_b" }) }),
    [400, "InvalidParameter", /host name/],
  ],
  [
    "a host name of digits",
    vmBody({ osProfile: osProfile({ computerName: "123" }) }),
    [400, "InvalidParameter", /host name/],
  ],
  [
    "interfaces without an API version",
    vmBody({ networkProfile: { ...network(), networkApiVersion: undefined } }),
    [400, "InvalidParameter", /networkApiVersion/],
  ],
  [
    "a subnet that is none",
    vmBody({ networkProfile: network({}, { subnet: { id: `${SUBNET}-none` } }) }),
    [400, "InvalidResourceReference", /same region/],
  ],
  [
    "a network of another region",
    vmBody({ hardwareProfile: { vmSize: "Standard_DS1_v2" } }, { location: "westus2" }),
    [400, "InvalidResourceReference", /same region/],
  ],
  [
    "a security group that is none",
    vmBody({ networkProfile: network({ networkSecurityGroup: { id: missing("networkSecurityGroups") } }) }),
    [400, "InvalidResourceReference", /none/],
  ],
  [
    "an application security group that is none",
    vmBody({
      networkProfile: network({}, { applicationSecurityGroups: [{ id: missing("applicationSecurityGroups") }] }),
    }),
    [400, "InvalidResourceReference", /none/],
  ],
  [
    "a Standard address that changes",
    vmBody({ networkProfile: network({}, address("Standard")) }),
    [400, "StandardAndStandardV2SkuPublicIPAddressesMustBeStatic", /Static/],
  ],
  [
    "a Basic address",
    vmBody({ networkProfile: network({}, address("Basic", "Dynamic")) }),
    [400, "IPv4BasicSkuPublicIpCountLimitReached", /Basic/],
  ],
  [
    "an eviction policy without Spot",
    vmBody({ evictionPolicy: "Delete" }),
    [409, "OperationNotAllowed", /Eviction policy/],
  ],
  [
    "Spot for a size that has none",
    vmBody({ priority: "Spot", hardwareProfile: { vmSize: "Standard_B2s" } }),
    [409, "OperationNotAllowed", /Spot/],
  ],
  [
    "a price of nothing",
    vmBody({ priority: "Spot", billingProfile: { maxPrice: 0 } }),
    [400, "InvalidParameter", /maxPrice/],
  ],
  [
    "an identity that is none",
    vmBody({}, { identity: { type: "UserAssigned", userAssignedIdentities: { [BAKED]: {} } } }),
    [400, "FailedIdentityOperation", /not found/],
  ],
  [
    "51 tags",
    vmBody({}, { tags: Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`t${nth}`, "x"])) }),
    [400, "TooManyTags", /51/],
  ],
  ["a long tag", vmBody({}, { tags: { a: "x".repeat(257) } }), [400, "TagValueTooLong", /256/]],
  ["a tag with /", vmBody({}, { tags: { "a/b": "x" } }), [400, "InvalidTagNameCharacters", /a\/b/]],
])("refuses a VM with %s and creates nothing", async (_what, body, [status, code, words]) => {
  const answer = await ask(given.cloud, "PUT", "virtualMachines/node", body);
  expect(answer).toMatchObject({ status, code });
  expect(answer.message).toMatch(words);
  const { vms, nics, publicAddresses, disks } = given.cloud.account;
  expect([vms.size, nics.size, publicAddresses.size, disks.size]).toEqual([0, 0, 0, 0]);
});

test.each<[string, Tree]>([
  ["the most custom data", vmBody({ osProfile: osProfile({ customData: Buffer.alloc(65_535).toString("base64") }) })],
  ["an image with its plan", vmBody({ storageProfile: storage(NVIDIA) }, { plan: PLAN })],
  ["an image of the account", vmBody({ storageProfile: storage({ id: BAKED }) })],
  ["an exact version", vmBody({ storageProfile: storage({ ...IMAGE, version: "24.04.202601010" }) })],
  ["the region's whole name", vmBody({}, { location: "East US" })],
])("creates a VM with %s", async (_what, body) => {
  const answer = await ask(given.cloud, "PUT", "virtualMachines/node", body);
  expect([answer.message, answer.status]).toEqual(["", 201]);
  expect((await settled(given.cloud, answer))["status"]).toBe("Succeeded");
});

test("a Marketplace image needs its terms accepted", async () => {
  given.cloud.account.termsAccepted = false;
  const body = vmBody({ storageProfile: storage(NVIDIA) }, { plan: PLAN });
  expect(await ask(given.cloud, "PUT", "virtualMachines/node", body)).toMatchObject({
    status: 400,
    code: "ResourcePurchaseValidationFailed",
    message: expect.stringMatching(/not accepted the legal terms/),
  });
});

test("an equal request returns the same VM, a different one is refused", async () => {
  const { cloud } = given;
  const body = vmBody({ osProfile: osProfile({ customData: "YQ==" }) }, { tags: { a: "1" } });
  await ask(cloud, "PUT", "virtualMachines/node", body);
  const again = await ask(cloud, "PUT", "virtualMachines/NODE", { ...body, tags: { a: "2" } });
  expect([again.status, cloud.machines.map(({ tags }) => tags["a"])]).toEqual([200, ["2"]]);
  const other = vmBody({ osProfile: osProfile({ customData: "Yg==" }) });
  expect(await ask(cloud, "PUT", "virtualMachines/node", other)).toMatchObject({
    status: 409,
    code: "PropertyChangeNotAllowed",
  });
  const isNew = { "if-none-match": "*" };
  expect(await ask(cloud, "PUT", "virtualMachines/node", body, isNew)).toMatchObject({ status: 412 });
  await ask(cloud, "DELETE", "virtualMachines/node");
  expect(await ask(cloud, "PUT", "virtualMachines/node", body)).toMatchObject({
    status: 409,
    code: "OperationNotAllowed",
    message: expect.stringMatching(/marked for deletion/),
  });
  await until("it to be gone", () => cloud.machines.length === 0);
  expect((await ask(cloud, "PUT", "virtualMachines/node", body, isNew)).status).toBe(201);
});

test("parts with deleteOption Detach outlive their VM, with its tags", async () => {
  const { cloud } = given;
  const stays = {
    networkProfile: network({ deleteOption: "Detach" }, address("Standard", "Static")),
    storageProfile: storage(IMAGE, { deleteOption: "Detach" }),
  };
  await ask(cloud, "PUT", "virtualMachines/node", vmBody(stays, { tags: { "cluster-name": "lab" } }));
  const [nic] = cloud.account.nics.all;
  expect(await ask(cloud, "DELETE", `networkInterfaces/${nic?.name}`)).toMatchObject({ status: 400, code: "NicInUse" });
  await settled(cloud, await ask(cloud, "DELETE", "virtualMachines/node"));
  expect(cloud.leftovers("lab").map(({ kind }) => kind)).toEqual(["network interface", "public address", "disk"]);
  const again = vmBody({ storageProfile: storage(IMAGE, { name: cloud.account.disks.all[0]?.name }) });
  expect(await ask(cloud, "PUT", "virtualMachines/node", again)).toMatchObject({
    status: 409,
    code: "ConflictingUserInput",
  });
  const [publicAddress] = cloud.account.publicAddresses.all;
  const [disk] = cloud.account.disks.all;
  expect(await ask(cloud, "DELETE", `publicIPAddresses/${publicAddress?.name}`)).toMatchObject({
    status: 400,
    code: "PublicIPAddressCannotBeDeleted",
  });
  for (const path of [
    `networkInterfaces/${nic?.name}`,
    `publicIPAddresses/${publicAddress?.name}`,
    `disks/${disk?.name}`,
  ]) {
    expect((await ask(cloud, "DELETE", path)).status).toBe(202);
    expect((await ask(cloud, "DELETE", path)).status).toBe(204);
  }
  expect(cloud.leftovers("lab")).toEqual([]);
});
