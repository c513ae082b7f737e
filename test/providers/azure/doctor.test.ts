import { readFileSync } from "node:fs";

import { afterEach, describe, expect, test, vi } from "vitest";

import { allows, neededActions } from "../../../providers/azure/checkup/permissions.ts";
import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import type { Finding } from "../../../src/provider/checkup.ts";
import { findingsOf, notGood } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { FROM_HERE, json, TestSubscription } from "./subscription.ts";

isolatedState();
afterEach(() => {
  vi.unstubAllEnvs();
});

const PAGE = readFileSync(new URL("../../../docs/providers/azure.md", import.meta.url), "utf8");

async function doctor(
  subscription: TestSubscription,
  options: AzureVMClusterOptions = {},
): Promise<ReadonlyMap<string, Finding>> {
  const findings = await findingsOf(AzureVMCluster.doctor({ ...FROM_HERE, ...options }));
  expect(subscription.cloud.violations).toEqual([]);
  const changes = subscription.cloud.calls.operations().filter((operation) => !/_(?:Get|List)/.test(operation));
  expect(changes).toEqual([]);
  return findings;
}

describe("The doctor on Azure", () => {
  test("compares the caller's roles with the documented one", () => {
    const [, role = ""] = /^```json\n(\{\n {2}"Name".*?)^```$/msu.exec(PAGE) ?? [];
    const { Actions } = JSON.parse(role) as { Actions: string[] };
    const all = neededActions({
      securityGroup: undefined,
      vnet: undefined,
      subnet: undefined,
      publicIp: true,
      workerPublicIp: true,
    });
    expect([...all].sort()).toEqual([...Actions].sort());
  });

  test.each([
    [{ actions: ["*"] }, true],
    [{ actions: ["*"], notActions: ["Microsoft.Authorization/*/Write"] }, true],
    [{ actions: ["Microsoft.Compute/virtualMachines/*"] }, true],
    [{ actions: ["microsoft.compute/*/WRITE"] }, true],
    [{ actions: ["*/read"] }, false],
    [{ actions: ["*"], notActions: ["Microsoft.Compute/virtualMachines/write"] }, false],
    [{ actions: ["Microsoft.Compute/virtualMachines/writ"] }, false],
    [{ actions: ["Microsoft.Compute/virtualMachines/*/write"] }, false],
    [{ actions: ["Microsoft.Compute/virtualMachines/w*rite*te"] }, false],
    [{}, false],
  ])("reads the role %j as Azure does", (role, expected) => {
    expect(allows(role, "Microsoft.Compute/virtualMachines/write")).toBe(expected);
  });

  test("tells whose token it is, and never the token", async () => {
    await using subscription = await TestSubscription.open();
    const findings = await doctor(subscription);
    expect(notGood(findings)).toEqual([]);
    expect(findings.get("credentials")?.found).toContain("object id 0b1ec700-0000-4000-8000-0000000000c1");
    expect(findings.get("sdk")?.found).toMatch(/arm-compute \d.*arm-network \d.*identity \d/);
    expect(JSON.stringify([...findings.values()])).not.toContain("eyJ");
  });

  test("names missing permissions", async () => {
    await using subscription = await TestSubscription.open({ forbidden: ["VirtualMachines_CreateOrUpdate"] });
    expect((await doctor(subscription)).get("permissions")).toMatchObject({
      state: "bad",
      found: "missing on the resource group dask-rg: Microsoft.Compute/virtualMachines/write",
      remedy: expect.stringContaining("docs/providers/azure.md"),
    });
  });

  test("what only the doctor asks for is not known where it is denied", async () => {
    const forbidden = ["Usage_List", "Usages_List", "Permissions_ListForResourceGroup"];
    await using subscription = await TestSubscription.open({ forbidden });
    const findings = await doctor(subscription);
    expect(notGood(findings)).toEqual([
      ["quota", "unknown"],
      ["permissions", "unknown"],
    ]);
    expect(findings.get("quota")?.remedy).toMatch(/Microsoft\.(?:Compute|Network)\/locations\/usages\/read/);
  });

  test("finds quotas that are too small: of the location, of the family, of spot machines", async () => {
    const quotas = { vcpus: 20, spotVcpus: 3, family: { standardDSv5Family: 10 } };
    await using subscription = await TestSubscription.open({ quotas });
    const vmSize = "Standard_D2s_v5";
    expect((await doctor(subscription, { vmSize, nWorkers: 4 })).get("quota")?.state).toBe("good");
    expect((await doctor(subscription, { vmSize, nWorkers: 5 })).get("quota")).toMatchObject({
      state: "bad",
      found: "standardDSv5Family vCPUs: 0 of 10 used, 12 needed",
    });
    expect((await doctor(subscription, { vmSize, nWorkers: 2, spot: true })).get("quota")).toMatchObject({
      state: "bad",
      found: "Total Regional Spot vCPUs: 0 of 3 used, 4 needed",
    });
  });

  test("finds a resource group, a location and a size that are not there, and an expired token", async () => {
    await using subscription = await TestSubscription.open();
    const nowhere = await doctor(subscription, { resourceGroup: "no-such-group" });
    expect(nowhere.get("place")).toMatchObject({ state: "bad", found: "missing or invalid (ResourceGroupNotFound)" });
    expect(nowhere.get("permissions")?.found).toMatch(/^not checked/);
    expect((await doctor(subscription, { location: "marsnorth" })).get("machines")?.state).toBe("bad");
    expect((await doctor(subscription, { vmSize: "Standard_Z99" })).get("machines")?.state).toBe("bad");
    subscription.instead(
      /./,
      json(401, { error: { code: "ExpiredAuthenticationToken", message: "The token expired." } }),
    );
    expect((await doctor(subscription)).get("place")).toMatchObject({
      state: "bad",
      found: "missing or refused (ExpiredAuthenticationToken)",
      remedy: expect.stringContaining("az login"),
    });
  });

  test("without location and resource group the options are the finding", async () => {
    await using subscription = await TestSubscription.open();
    vi.stubEnv("DASK_CLOUDPROVIDER__AZURE__LOCATION", "");
    const findings = await doctor(subscription, { location: undefined });
    expect(findings.get("options")).toMatchObject({ state: "bad", remedy: expect.stringContaining("`location`") });
  });
});
