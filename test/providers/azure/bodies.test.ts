import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { anHour, TestSubscription } from "./subscription.ts";

isolatedState();

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here";

interface Body {
  readonly properties: Readonly<Record<string, unknown>> & { readonly virtualMachineProfile?: Body["properties"] };
}

test("single machines and scale sets request the same disk, user, key and console", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0 });
  const cluster = await subscription.prepared({
    diskSize: 77,
    adminUsername: "ada",
    sshKeys: [KEY],
    extraVmOptions: { additionalCapabilities: { hibernationEnabled: false }, licenseType: "RHEL_BYOS" },
  });
  for (const role of ["scheduler", "worker"] as const) {
    await cluster.verbs.create(cluster.request(role, 1), anHour());
  }
  const bodies = subscription.cloud.recorder.requests
    .filter(({ operation }) => /(?:Machines|Sets)_CreateOrUpdate$/.test(operation))
    .map(({ request }) => (JSON.parse(request.body.toString()) as Body).properties);
  const machine = {
    storageProfile: {
      osDisk: { diskSizeGB: 77, deleteOption: "Delete", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
    },
    osProfile: {
      adminUsername: "ada",
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: "/home/ada/.ssh/authorized_keys", keyData: KEY }] },
      },
    },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    licenseType: "RHEL_BYOS",
  };
  const beside = { additionalCapabilities: { hibernationEnabled: false } };
  expect(bodies).toMatchObject([
    { ...machine, ...beside },
    { ...beside, orchestrationMode: "Flexible", platformFaultDomainCount: 1, virtualMachineProfile: machine },
  ]);
});

test("the cluster's own network has no default outbound access, and the newest image is requested", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0 });
  await subscription.prepared();
  const { requests } = subscription.cloud.recorder;
  const network = requests.find(({ operation }) => operation === "VirtualNetworks_CreateOrUpdate");
  expect(JSON.parse(network?.request.body.toString() ?? "")).toMatchObject({
    properties: { subnets: [{ properties: { defaultOutboundAccess: false } }] },
  });
  const images = requests.find(({ operation }) => operation === "VirtualMachineImages_List")?.request.url.searchParams;
  expect([images?.get("$orderby"), images?.get("$top")]).toEqual(["name desc", "1"]);
});
