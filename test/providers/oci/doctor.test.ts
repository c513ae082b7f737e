import { afterEach, describe, expect, test, vi } from "vitest";

import { OCICluster, type OCIClusterOptions } from "../../../providers/oci/index.ts";
import type { Finding } from "../../../src/provider/checkup.ts";
import { findingsOf, notGood } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, TestTenancy } from "./tenancy.ts";

isolatedState();
afterEach(() => {
  vi.unstubAllEnvs();
});

async function doctor(tenancy: TestTenancy, options: OCIClusterOptions = {}): Promise<ReadonlyMap<string, Finding>> {
  const findings = await findingsOf(OCICluster.doctor({ allowedCidrs: ["127.0.0.1/32"], ...options }));
  expect([tenancy.cloud.violations, tenancy.mutations]).toEqual([[], []]);
  return findings;
}

describe("The doctor on OCI", () => {
  test("finds nothing wrong with the documented policy; what only the doctor asks for is not known", async () => {
    await using tenancy = await TestTenancy.open({
      forbidden: ["GetResourceAvailability", "CreateComputeCapacityReport"],
    });
    const findings = await doctor(tenancy);
    expect(notGood(findings)).toEqual([
      ["quota", "unknown"],
      ["capacity", "unknown"],
      ["permissions", "unknown"],
    ]);
    expect(findings.get("quota")).toMatchObject({
      found: "OCI shows no service limit of these shapes",
      remedy: expect.stringContaining("`read resource-availability in tenancy`"),
    });
    expect(findings.get("capacity")?.remedy).toContain("docs/providers/oci.md");
  });

  test("compares the cluster with the limits of the availability domain that it asks for", async () => {
    await using tenancy = await TestTenancy.open({ limits: { "standard-e4-core-count": 3 } });
    const busy = await tenancy.cluster({ availabilityDomain: "AD-2" }).prepared();
    await busy.verbs.create(busy.request("scheduler", 1), anHour());
    const at = async (availabilityDomain: string): Promise<Finding | undefined> =>
      (await findingsOf(OCICluster.doctor({ availabilityDomain, nWorkers: 2 }))).get("quota");
    expect(await at("AD-1")).toMatchObject({ state: "good" });
    expect(await at("AD-2")).toMatchObject({
      state: "bad",
      found: expect.stringContaining("standard-e4-core-count: 1 of 3 used, 3 needed"),
    });
  });
});
