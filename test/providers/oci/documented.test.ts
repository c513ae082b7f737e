import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { ociFields } from "../../../providers/oci/options/schema.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestTenancy } from "./tenancy.ts";

isolatedState();

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/providers/oci.md", import.meta.url)), "utf8");

/** What OCI's policy reference asks for each operation, by the statement that covers it. */
const STATEMENTS: Readonly<Record<string, string>> = {
  LaunchInstance: "manage instance-family",
  TerminateInstance: "manage instance-family",
  GetInstance: "manage instance-family",
  ListInstances: "manage instance-family",
  ListVnicAttachments: "manage instance-family",
  ListShapes: "manage instance-family",
  ListImages: "manage instance-family",
  GetImage: "manage instance-family",
  CaptureConsoleHistory: "manage instance-family",
  GetConsoleHistory: "manage instance-family",
  GetConsoleHistoryContent: "manage instance-family",
  DeleteConsoleHistory: "manage instance-family",
  ListVcns: "use virtual-network-family",
  GetVcn: "use virtual-network-family",
  ListSubnets: "use virtual-network-family",
  GetSubnet: "use virtual-network-family",
  GetVnic: "use virtual-network-family",
  ListPrivateIps: "use virtual-network-family",
  CreateNetworkSecurityGroup: "manage network-security-groups",
  AddNetworkSecurityGroupSecurityRules: "manage network-security-groups",
  ListNetworkSecurityGroups: "manage network-security-groups",
  DeleteNetworkSecurityGroup: "manage network-security-groups",
  ListAvailabilityDomains: "inspect compartments",
};

test("the page lists every OCI-specific option and no other", () => {
  const rows = [...PAGE.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gmu)].flatMap(
    ([, cell = ""]) => cell.match(/\w+/gu) ?? [],
  );
  const aliasesOfCommonOptions = new Set(["preemptible", "freeformTags"]);
  const own = ["workers", ...Object.keys(ociFields)];
  expect(rows.filter((row) => !own.includes(row))).toEqual([]);
  expect(own.filter((name) => !rows.includes(name) && !aliasesOfCommonOptions.has(name))).toEqual([]);
});

test("the policy on the page covers every call of a whole life", async () => {
  await using tenancy = await TestTenancy.open({ boot: "paper" });
  const lives = [{ publicIp: false, allowedCidrs: undefined, subnetId: tenancy.cloud.privateSubnet }, {}];
  for (const options of lives) {
    const cluster = await tenancy.cluster({ nWorkers: 2, security: false, ...options }).start();
    await cluster.scale(1);
    await cluster.close();
  }
  const used = new Set(tenancy.cloud.calls.operations().map((operation) => STATEMENTS[operation] ?? operation));
  for (const statement of used) expect(PAGE).toContain(`Allow group dask-users to ${statement} in `);
  expect(tenancy.cloud.violations).toEqual([]);
});
