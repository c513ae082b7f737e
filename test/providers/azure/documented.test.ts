import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { azureFields } from "../../../providers/azure/options/schema.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/providers/azure.md", import.meta.url)), "utf8");

/** The permissions of each operation, including those for resources that a request references. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  ResourceSkus_List: ["Microsoft.Compute/skus/read"],
  VirtualMachineImages_List: ["Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read"],
  VirtualMachineImages_Get: ["Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read"],
  VirtualMachines_RetrieveBootDiagnosticsData: ["Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action"],
  VirtualMachineScaleSets_DeleteInstances: ["Microsoft.Compute/virtualMachineScaleSets/delete/action"],
};
const JOINS = [
  "applicationSecurityGroups/joinIpConfiguration/action",
  "applicationSecurityGroups/joinNetworkSecurityRule/action",
  "networkInterfaces/join/action",
  "networkInterfaces/write",
  "networkSecurityGroups/join/action",
  "publicIPAddresses/join/action",
  "publicIPAddresses/write",
  "virtualNetworks/subnets/join/action",
].map((action) => `Microsoft.Network/${action}`);
/** For polling operations. */
const LOOKS = [
  "Microsoft.Compute/locations/diskOperations/read",
  "Microsoft.Compute/locations/operations/read",
  "Microsoft.Network/locations/operationResults/read",
  "Microsoft.Network/locations/operations/read",
];
/** Only for a resource that outlives its machine. */
const STRAYS = [
  "Microsoft.Compute/disks/delete",
  "Microsoft.Network/networkInterfaces/delete",
  "Microsoft.Network/publicIPAddresses/delete",
];

const COMPUTE = new Set(["VirtualMachines", "VirtualMachineScaleSets", "Disks"]);

function actionsOf(operation: string): readonly string[] {
  const [kind = "", verb = ""] = operation.split("_");
  if (kind === "Operations" || kind === "OperationResults") return [];
  const namespace = COMPUTE.has(kind) ? "Microsoft.Compute" : "Microsoft.Network";
  const type = kind === "PublicIPAddresses" ? "publicIPAddresses" : `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
  const right = /^(?:Create|Update)/.test(verb) ? "write" : verb === "Delete" ? "delete" : "read";
  return ACTIONS[operation] ?? [`${namespace}/${type}/${right}`];
}

test("the page lists every Azure-specific option and no other", () => {
  const rows = [...PAGE.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gmu)].flatMap(
    ([, cell = ""]) => cell.match(/\w+/gu) ?? [],
  );
  const options = [...Object.keys(azureFields), "workers"];
  expect(new Set(rows)).toEqual(new Set(options));
  expect(rows).toHaveLength(options.length);
});

test("the documented role allows a full lifecycle and nothing more", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const lives = [{}, { vnet: "lab-vnet", publicIp: false, allowedCidrs: undefined }];
  for (const options of lives) {
    const cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 1, security: false, ...options }).start();
    await cluster.scale(2);
    await cluster.scale(0);
    const [scheduler] = await cluster.machines();
    if (scheduler !== undefined) await cluster.verbs.console(scheduler, anHour());
    await cluster.close();
  }
  const used = subscription.cloud.calls.operations().flatMap(actionsOf);
  const [, json = ""] = /^```json\n(.*?)^```$/msu.exec(PAGE) ?? [];
  const { Actions: documented } = JSON.parse(json) as { Actions: string[] };
  expect([...new Set([...used, ...JOINS, ...LOOKS, ...STRAYS])].sort()).toEqual(documented.toSorted());
});
