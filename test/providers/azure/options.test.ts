import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { cloudAt, scopeOf, subscriptionOfTools } from "../../../providers/azure/api/credentials.ts";
import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import { ubuntuOffers } from "../../../providers/azure/machines/image.ts";
import { assertKnownFields } from "../../../providers/azure/options/override-names.ts";
import { resolveAzureOptions, type ResolvedAzureOptions } from "../../../providers/azure/options/resolved-options.ts";
import { scaleSetName, schedulerName, workerHostPrefix } from "../../../providers/azure/tags/names.ts";
import { isolatedState } from "../../support/local-state.ts";

isolatedState();

const NEEDED = { location: "eastus", resourceGroup: "dask" };
const VNET = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/main";
const IDENTITY =
  "/subscriptions/s/resourceGroups/dask/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dask-identity";

function resolved(options: AzureVMClusterOptions = {}): ResolvedAzureOptions {
  return resolveAzureOptions("azure.azurevm", { ...NEEDED, ...options }).options;
}

function tags(count: number, prefix: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, nth) => [`${prefix}${nth}`, ""]));
}

test.each<[string, AzureVMClusterOptions, RegExp]>([
  ["no location", { location: undefined }, /needs the `location` option, such as "eastus"/],
  ["no resource group", { resourceGroup: undefined }, /needs the `resourceGroup` option/],
  ["a location that cannot be", { location: "east-us-1" }, /a location such as "eastus"/],
  ["a subscription by its name", { subscriptionId: "My subscription" }, /the id of a subscription/],
  ["no public address and no network", { publicIp: false }, /give the network in the `vnet` option/],
  [
    "workers without a way out",
    { workerPublicIp: false },
    /cannot reach the Internet .*NAT gateway in the `vnet` option/,
  ],
  ["a subnet's name without a network", { subnet: "dask" }, /`subnet` option needs the `vnet` option/],
  ["a subnet of another network", { vnet: "other", subnet: `${VNET}/subnets/dask` }, /contradict each other/],
  ["an id of another kind", { vnet: `${VNET}/subnets/dask` }, /a virtual network: its name, or its id/],
  ["publicIngress beside its opposite", { publicIp: true, publicIngress: false }, /contradict each other/],
  ["a zone that cannot be", { zones: ["a"] }, /an availability zone such as "1"/],
  ["an image by id and by name", { vmImage: { id: "/x", sku: "server" } }, /by `id` or by publisher/],
  ["a misspelt part of an image", { vmImage: { skew: "server" } as never }, /skew/],
  ["half a plan", { marketplacePlan: { name: "a", publisher: "b" } as never }, /marketplacePlan.product/],
  ["an administrator that Azure does not allow", { adminUsername: "admin" }, /a user name .* that Azure allows/],
  ["a private key for a public one", { sshKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"] }, /a public key that begins/],
  ["a name for an identity", { managedIdentity: "dask" }, /the id of a user-assigned identity/],
  ["a tag of dask-fleet's own", { vmTags: { "Cluster-Name": "x" } }, /is dask-fleet's own/],
  ["a tag that cannot be", { vmTags: { "a/b": "x" } }, /needs a name without/],
  [
    "a tag of dask-fleet's own for all",
    { tags: { creator: "me" } },
    /"creator" of the `tags` option is dask-fleet's own/,
  ],
  ["a tag with a control character", { tags: { "a\u0007": "x" } }, /of the `tags` option needs a name without/],
  ["a tag twice in different case", { tags: { Team: "a", team: "b" } }, /the tag "team" twice/],
  [
    "too many tags together",
    { tags: tags(40, "a"), vmTags: tags(7, "b") },
    /`tags` and `vmTags` options have together/,
  ],
  ["too many tags", { vmTags: tags(47, "t") }, /44 tags/],
  ["a plain endpoint", { endpoint: "http://127.0.0.1:1" }, /must begin with https:\/\//],
  ["a credential that is none", { credential: { token: "x" } as never }, /one of @azure\/identity/],
  ["the network in the override", { extraVmOptions: { networkProfile: {} } }, /use the `vnet`, `subnet`/],
  ["a password in the override", { extraVmOptions: { osProfile: { adminPassword: "x" } } }, /passwords are off/],
  ["tags in the override", { extraVmOptions: { tags: {} } }, /use the `tags` option/],
  ["a misspelt name in the override", { extraVmOptions: { licenceType: "x" } }, /Did you mean "licenseType"/],
  [
    "two images of a group",
    { workers: { gpu: { vmImage: { id: "/x", sku: "server" } } } },
    /The `workers\.gpu\.vmImage` option names an image by `id` or by publisher/,
  ],
  [
    "a group's tag of dask-fleet's own",
    { workers: { gpu: { vmTags: { role: "x" } } } },
    /"role" of the `workers\.gpu\.vmTags` option is dask-fleet's own/,
  ],
  [
    "a group's tag that the cluster has in different case",
    { tags: { Team: "a" }, workers: { gpu: { tags: { team: "b" } } } },
    /The `workers\.gpu\.tags` option has the tag "team" twice/,
  ],
  [
    "too many tags of a group together with the cluster's",
    { tags: tags(20, "a"), workers: { gpu: { tags: tags(20, "b"), vmTags: tags(5, "c") } } },
    /The `workers\.gpu\.tags` and `workers\.gpu\.vmTags` options have together more than 44 tags/,
  ],
  [
    "a group's network in the override",
    { workers: { gpu: { extraVmOptions: { networkProfile: {} } } } },
    /The `workers\.gpu\.extraVmOptions` option cannot decide networkProfile/,
  ],
  [
    "a group's location",
    { workers: { gpu: { location: "westus2" } as never } },
    /Unknown option "workers.gpu.location"/,
  ],
  [
    "two sizes of a group that contradict each other",
    { workers: { gpu: { instanceType: "Standard_A", vmSize: "Standard_B" } } },
    /`workers\.gpu\.vmSize: "Standard_B"` contradict each other/,
  ],
])("options refuse %s", (_what, options, words) => {
  expect(() => new AzureVMCluster({ ...NEEDED, ...options })).toThrow(words);
});

test("a misspelt name deep in the override is refused: Azure's SDK would drop it silently", async () => {
  await assertKnownFields("extraVmOptions", {
    securityProfile: { encryptionAtHost: true, uefiSettings: { secureBootEnabled: true } },
    osProfile: { linuxConfiguration: { provisionVMAgent: true } },
    userData: "",
  });
  await expect(assertKnownFields("extraVmOptions", { securityProfile: { encryptAtHost: true } })).rejects.toMatchObject(
    {
      code: "CONFIG_INVALID",
      message: expect.stringContaining("takes no securityProfile.encryptAtHost (the `extraVmOptions` option)"),
    },
  );
});

describe("one option decides over another", () => {
  test("vmSize stands for both roles, and a more important source wins", () => {
    const sizes = (options: AzureVMClusterOptions): unknown => {
      const { schedulerInstanceType, workerInstanceType } = resolved(options);
      return [schedulerInstanceType, workerInstanceType];
    };
    expect(sizes({})).toEqual(["Standard_D2s_v5", "Standard_D2s_v5"]);
    expect(sizes({ vmSize: "Standard_A", workerVmSize: "Standard_B" })).toEqual(["Standard_A", "Standard_B"]);
    vi.stubEnv("DASK_CLOUDPROVIDER__AZURE__AZUREVM__SCHEDULER_VM_SIZE", "Standard_C");
    expect(sizes({})).toEqual(["Standard_C", "Standard_D2s_v5"]);
    expect(sizes({ vmSize: "Standard_A" })).toEqual(["Standard_A", "Standard_A"]);
  });

  test("location and resource group are read where dask-cloudprovider keeps them, or beside the other options", () => {
    vi.stubEnv("DASK_CLOUDPROVIDER__AZURE__LOCATION", "West Europe");
    vi.stubEnv("DASK_CLOUDPROVIDER__AZURE__RESOURCE_GROUP", "outer");
    vi.stubEnv("DASK_CLOUDPROVIDER__AZURE__AZUREVM__RESOURCE_GROUP", "inner");
    const { location, resourceGroup } = resolveAzureOptions("azure.azurevm", {}).options;
    expect([location, resourceGroup]).toEqual(["westeurope", "inner"]);
  });

  test("false is a value: publicIngress and publicIp", () => {
    expect(resolved({ publicIngress: false, vnet: "main" })).toMatchObject({ publicIp: false, workerPublicIp: false });
    const inside = { workerPublicIp: false, vnet: "main" };
    expect(resolved(inside)).toMatchObject({ publicIp: true, workerPublicIp: false });
  });

  test("zones are numbers or strings, deduplicated in order", () => {
    expect(resolved({ zones: [3, "1", "3"] }).zones).toEqual(["3", "1"]);
  });

  test("a group's options have the cluster's names; dask-cloudprovider's count, too", () => {
    const { groups = [], ...options } = resolved({
      instanceTypes: ["Standard_D2as_v5"],
      vmTags: { tier: "one" },
      workers: {
        cpu: { count: 2, zones: [2, "2"], filesystemSize: 100 },
        gpu: { vmSize: ["Standard_NC4as_T4_v3", "Standard_NC8as_T4_v3"], extraOptions: { licenseType: "x" } },
        big: { instanceType: "Standard_E8s_v5", vmImage: { offer: "", sku: "server" }, vmTags: { tier: "two" } },
      },
    });
    expect(groups.map((group) => group.options)).toEqual([
      { zones: ["2"], diskSize: 100 },
      {
        workerInstanceType: "Standard_NC4as_T4_v3",
        instanceTypes: ["Standard_NC8as_T4_v3"],
        extraVmOptions: { licenseType: "x" },
      },
      {
        workerInstanceType: "Standard_E8s_v5",
        instanceTypes: [],
        vmImage: { sku: "server" },
        vmTags: { tier: "two" },
      },
    ]);
    expect([options.nWorkers, options.instanceTypes]).toEqual([2, ["Standard_D2as_v5"]]);
  });

  test("resolved options can be resolved again and hold no credential", () => {
    const credential = { getToken: async () => ({ token: "secret", expiresOnTimestamp: 0 }) };
    const options = {
      zones: [1],
      vmTags: { team: "data" },
      extraVmOptions: { licenseType: "x" },
      managedIdentity: IDENTITY,
    };
    const once = resolveAzureOptions("azure.azurevm", { ...NEEDED, ...options, credential });
    expect(once.credential).toBe(credential);
    expect(resolveAzureOptions("azure.azurevm", once.options as never).options).toEqual(once.options);
    expect(JSON.stringify(once.options)).not.toContain("secret");
  });
});

test("dask-cloudprovider's shipped configuration is accepted", () => {
  const shipped = {
    SUBNET: "None",
    PUBLIC_INGRESS: "True",
    VM_SIZE: "Standard_DS1_v2",
    DISK_SIZE: "50",
    VM_IMAGE: "{'publisher': 'Canonical', 'offer': 'UbuntuServer', 'sku': '18.04-LTS', 'version': 'latest'}",
    MARKETPLACE_PLAN: "None",
    EXTRA_OPTIONS: "{}",
  };
  for (const [name, value] of Object.entries(shipped)) vi.stubEnv(`DASK_CLOUDPROVIDER__AZURE__AZUREVM__${name}`, value);
  expect(resolved()).toMatchObject({
    workerInstanceType: "Standard_DS1_v2",
    vmImage: { sku: "18.04-LTS" },
    extraVmOptions: {},
  });
});

test("sovereign clouds follow from the endpoint; another endpoint is its own audience unless one is given", () => {
  const at = (endpoint?: string, audience?: string): unknown => {
    const cloud = cloudAt(endpoint, audience);
    return [cloud.endpoint, cloud.authority, scopeOf(cloud)];
  };
  expect(at()).toEqual([
    "https://management.azure.com",
    "https://login.microsoftonline.com",
    "https://management.azure.com/.default",
  ]);
  expect(at("https://management.usgovcloudapi.net/")).toEqual([
    "https://management.usgovcloudapi.net",
    "https://login.microsoftonline.us",
    "https://management.usgovcloudapi.net/.default",
  ]);
  expect(at("https://management.chinacloudapi.cn")).toContain("https://login.chinacloudapi.cn");
  expect(at("https://arm.stack.example")).toEqual([
    "https://arm.stack.example",
    undefined,
    "https://arm.stack.example/.default",
  ]);
  for (const audience of ["https://arm.stack/0b1f/", "https://arm.stack/0b1f/.default"]) {
    expect(at("https://arm.stack.example", audience)).toContain("https://arm.stack/0b1f/.default");
  }
});

describe("the subscription of Azure's own tools", () => {
  let home = "";
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "dask-fleet-azure-"));
    vi.stubEnv("AZURE_SUBSCRIPTION_ID", undefined);
    vi.stubEnv("AZURE_CONFIG_DIR", home);
  });
  afterEach(async () => {
    await rm(home, { recursive: true });
  });

  test("is the command line's default one, although a byte order mark precedes its JSON", async () => {
    const subscriptions = [
      { id: "one", isDefault: false },
      { id: "two", isDefault: true },
    ];
    await writeFile(join(home, "azureProfile.json"), `\uFEFF${JSON.stringify({ subscriptions })}`);
    expect(subscriptionOfTools()).toBe("two");
    vi.stubEnv("AZURE_SUBSCRIPTION_ID", "three");
    expect(subscriptionOfTools()).toBe("three");
  });

  test.each(["", "nonsense", "[]", '{"subscriptions": 3}', '{"subscriptions": [{"isDefault": true}]}'])(
    "is undefined where the command line left %j",
    async (text) => {
      await writeFile(join(home, "azureProfile.json"), text);
      expect(subscriptionOfTools()).toBeUndefined();
    },
  );

  test("is undefined without the command line", () => {
    expect(subscriptionOfTools()).toBeUndefined();
  });
});

test("the newest Ubuntu LTS may be out in April of even years", () => {
  expect(ubuntuOffers(new Date("2026-11-25"))).toEqual(["ubuntu-26_04-lts", "ubuntu-24_04-lts"]);
  expect(ubuntuOffers(new Date("2031-01-01"))).toEqual(["ubuntu-30_04-lts", "ubuntu-28_04-lts"]);
});

test("a group of workers has scale sets of its own, and those of the group `default` keep their names", () => {
  const kinds: Parameters<typeof scaleSetName>[1][] = [
    { zone: undefined, capacityType: "on-demand", rank: 0 },
    { zone: "2", capacityType: "spot", rank: 0 },
    { zone: "2", capacityType: "spot", rank: 1 },
  ];
  expect(kinds.map((kind) => scaleSetName("lab", kind))).toEqual(["lab-w", "lab-w2s", "lab-w2s-2"]);
  expect(kinds.map((kind) => scaleSetName("lab", kind, "default"))).toEqual(["lab-w", "lab-w2s", "lab-w2s-2"]);
  expect(kinds.map((kind) => scaleSetName("lab", kind, "gpu"))).toEqual(["lab-w-gpu", "lab-w2s-gpu", "lab-w2s-2-gpu"]);
  const [kind = { zone: undefined, capacityType: "on-demand", rank: 0 }] = kinds;
  expect(scaleSetName("lab-gpu", kind)).not.toBe(scaleSetName("lab", kind, "gpu"));
});

test("names use Azure's full length, and host names start with the cluster's name", () => {
  const longest = `a${"b".repeat(39)}`;
  const spot = { zone: "1", capacityType: "spot", rank: 0 } as const;
  const names = [schedulerName(longest), `${scaleSetName(longest, spot)}_01234567`];
  expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(64);
  const group = "g".repeat(20);
  for (const rank of [0, 1, 20, 200]) {
    const set = scaleSetName(longest, { ...spot, rank }, group);
    expect(set).toMatch(/^[a-z0-9][a-z0-9-]*-w1s(?:-\d+)?-g{20}$/u);
    expect(`${set}_01234567`.length).toBeLessThanOrEqual(44);
    expect(set).not.toBe(scaleSetName(`${longest.slice(0, -1)}c`, { ...spot, rank }, group));
  }
  expect(["dask-1a2b3c4d", "ab", "team-a-long-one", "twelve-chars--x"].map(workerHostPrefix)).toEqual([
    "dask-1a2b3c4d-w",
    "ab-w",
    "team-a-long-o-w",
    "twelve-chars-w",
  ]);
});
