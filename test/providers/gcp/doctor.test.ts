import { afterEach, describe, expect, test, vi } from "vitest";

import { neededPermissions } from "../../../providers/gcp/checkup/permissions.ts";
import { GCPCluster, type GCPClusterOptions } from "../../../providers/gcp/index.ts";
import type { Finding } from "../../../src/provider/checkup.ts";
import { findingsOf, notGood } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { documentedPermissions } from "./documented-role.ts";
import { TestProject } from "./project.ts";

isolatedState();
afterEach(() => {
  vi.unstubAllEnvs();
});

async function doctor(project: TestProject, options: GCPClusterOptions = {}): Promise<ReadonlyMap<string, Finding>> {
  const findings = await findingsOf(GCPCluster.doctor({ ...project.options, ...options }));
  expect([project.cloud.violations, project.mutations]).toEqual([[], []]);
  return findings;
}

describe("The doctor on Google Cloud", () => {
  test("asks for the permissions of the documented role", () => {
    const all = neededPermissions({
      createFirewall: true,
      publicIp: true,
      workerPublicIp: true,
      hasAccount: false,
      hasImage: true,
    });
    expect([...all.project, ...all.network].sort()).toEqual(documentedPermissions());
  });

  test("finds nothing wrong with the documented role; what only the doctor asks for is not known", async () => {
    await using project = await TestProject.open();
    project.cloud.account.permissions.allowOnly(documentedPermissions());
    const findings = await doctor(project);
    expect(notGood(findings)).toEqual([["quota", "unknown"]]);
    expect(findings.get("quota")?.remedy).toContain("compute.regions.get");
    expect(findings.get("credentials")?.found).toMatch(/developer\.gserviceaccount\.com, from the metadata server$/);
  });

  test("names missing permissions", async () => {
    await using project = await TestProject.open();
    project.cloud.account.permissions.deny("compute.instances.create");
    project.cloud.account.permissions.deny("compute.firewalls.create");
    expect((await doctor(project)).get("permissions")).toMatchObject({
      state: "bad",
      found: "missing in dask-project: compute.instances.create, compute.firewalls.create",
      remedy: expect.stringContaining("docs/providers/gcp.md"),
    });
    const without = await doctor(project, { createFirewall: false });
    expect(without.get("permissions")?.found).toBe("missing in dask-project: compute.instances.create");
  });

  test("cannot know permissions where Resource Manager is not enabled, and says how to enable it", async () => {
    await using project = await TestProject.open({ resourceManagerEnabled: false });
    expect((await doctor(project)).get("permissions")).toMatchObject({
      state: "unknown",
      remedy: expect.stringContaining("gcloud services enable cloudresourcemanager.googleapis.com"),
    });
  });

  test("finds a quota that is too small for the cluster of the options", async () => {
    await using project = await TestProject.open({ quota: { CPUS: 24, IN_USE_ADDRESSES: 8 } });
    expect((await doctor(project, { nWorkers: 3 })).get("quota")?.state).toBe("good");
    expect((await doctor(project, { nWorkers: 10 })).get("quota")).toMatchObject({
      state: "bad",
      found: "IN_USE_ADDRESSES: 0 of 8 used, 11 needed",
      remedy: expect.stringContaining("https://console.cloud.google.com/iam-admin/quotas?project=dask-project"),
    });
    const inside = await doctor(project, { nWorkers: 12, workerPublicIp: false });
    expect(inside.get("quota")).toMatchObject({ state: "bad", found: "CPUS: 0 of 24 used, 26 needed" });
  });

  test("looks at all groups: their types and images, and their quotas together", async () => {
    const quota = { CPUS: 100, N2_CPUS: 8, NVIDIA_T4_GPUS: 4, PREEMPTIBLE_NVIDIA_T4_GPUS: 1, GPUS_ALL_REGIONS: 3 };
    await using project = await TestProject.open({ quota });
    const t4 = { nGpus: 1, gpuType: "nvidia-tesla-t4" };
    const workers = {
      cpu: { count: 4, instanceType: ["n2-standard-4", "c4-standard-4"] },
      gpu: { count: 2, ...t4 },
      cheap: { maximum: 8, ...t4, spot: true },
      far: { count: 1, machineType: "t2a-standard-2", zone: "us-central1-a" },
    };
    const findings = await doctor(project, { workers });
    expect(findings.get("machines")?.found).toMatch(
      /e2-standard-2.*n2-standard-4.*c4-standard-4.*n1-standard-4.*t2a-standard-2/,
    );
    expect(findings.get("image")?.found).toMatch(/amd64.*arm64/);
    expect(findings.get("quota")).toMatchObject({ state: "bad", found: "us-east1 N2_CPUS: 0 of 8 used, 16 needed" });
    const { cpu: _, ...others } = workers;
    expect((await doctor(project, { workers: others })).get("quota")?.found).toContain(
      "us-east1 NVIDIA_T4_GPUS: 0 of 4 used, 2 needed; us-east1 PREEMPTIBLE_NVIDIA_T4_GPUS: 0 of 1 used, 1 needed",
    );
    const wrong = { workers: { gpu: { ...t4, sourceImage: "no-such-image" } } };
    expect((await doctor(project, wrong)).get("image")).toMatchObject({
      state: "bad",
      remedy: expect.stringContaining("`workers.gpu.sourceImage`") as string,
    });
  });

  test("finds wrong zones, types and images, revoked tokens and a disabled API", async () => {
    await using project = await TestProject.open();
    const nowhere = await doctor(project, { zone: "mars-north1-a" });
    expect(nowhere.get("place")?.state).toBe("bad");
    expect(nowhere.get("quota")?.found).toMatch(/^not checked/);
    expect((await doctor(project, { sourceImage: "no-such-image" })).get("image")?.state).toBe("bad");
    await using disabled = await TestProject.open({ apiEnabled: false });
    expect((await doctor(disabled)).get("place")).toMatchObject({
      state: "bad",
      remedy: expect.stringContaining("gcloud services enable compute.googleapis.com"),
    });
  });
});
