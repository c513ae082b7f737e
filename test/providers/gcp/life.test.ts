import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { SimulatedGcp } from "@dask-fleet/simulated-clouds/gcp";
import { describe, expect, test, vi } from "vitest";

import { GCPCluster } from "../../../providers/gcp/index.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { QUICK } from "../test-cloud.ts";
import { OpenCluster, TestProject } from "./project.ts";

const state = isolatedState();

test("nWorkers is the only required option: Google's credential discovery finds the rest", async () => {
  await using cloud = await new SimulatedGcp({ boot: "paper", project: "found-project" }).start();
  for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
  // No gcloud, so that the project comes from the metadata server.
  vi.stubEnv("PATH", "/nonexistent");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__ADDRESS_SERVICE", `${cloud.endpoint}/checkip`);
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__POLL_INTERVAL_MS", "20");
  // Twenty simulated minutes are a second here.
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__IDLE_TIMEOUT_MS", "0");
  const cluster = new GCPCluster({ nWorkers: 2 });
  await cluster.start();
  expect(cluster.schedulerAddress).toMatch(/^tls:\/\/127\.\d+\.\d+\.\d+:8786$/);
  const workers = cloud.machines.filter(({ labels }) => labels["role"] === "worker").map(({ name }) => name);
  expect((await cluster.workers()).map(({ name }) => name).sort()).toEqual([...workers].sort());
  expect(cloud.credentials.asked).toContain("/computeMetadata/v1/project/project-id");
  await cluster.close();
  expect(cloud.leftovers(cluster.name)).toEqual([]);
  expect(cloud.violations).toEqual([]);
});

test("a credential file works outside Google's cloud", async () => {
  await using cloud = await new SimulatedGcp({ boot: "paper" }).start();
  const variables = await cloud.environmentWithFile(join(state.root(), "..", "credentials"));
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const cluster = new GCPCluster({ ...QUICK, allowedCidrs: ["127.0.0.1/32"] });
  await cluster.start();
  await cluster.close();
  expect(cloud.leftovers(cluster.name)).toEqual([]);
  expect(cloud.credentials.asked).toEqual(["/sts/v1/token"]);
});

test("the record of a cluster holds neither token nor key", async () => {
  await using project = await TestProject.open({ boot: "paper" });
  const cluster = await project.cluster().start();
  const [name = ""] = await readdir(state.root());
  const record = await readFile(join(state.root(), name, "record.json"), "utf8");
  // Not with toContain, which would show the keys of the cluster's certificates that are in it.
  expect([record.includes('"projectId": "dask-project"'), /ya29\.|serviceAccountCredentials/.test(record)]).toEqual([
    true,
    false,
  ]);
  await cluster.close();
});

describe("another process", () => {
  test("takes over a cluster after its first process exits: same project, zone, firewall and GPUs", async () => {
    await using project = await TestProject.open({ boot: "paper", capacity: [{ zone: "us-east1-c", vms: 0 }] });
    const options = {
      nWorkers: 1,
      projectId: "dask-project",
      zones: ["us-east1-c", "us-east1-b"],
      workerMachineType: "g2-standard-4",
    };
    const first = await project.cluster(options).start();
    await first.detach();
    vi.stubEnv("GOOGLE_CLOUD_PROJECT", "another-project");
    project.cloud.account.capacity = [];
    const second = await OpenCluster.attach(first.name);
    await second.scale(3);
    // In the scheduler's zone, although the first zone has capacity now.
    expect(new Set(project.cloud.machines.map(({ zone }) => zone))).toEqual(new Set(["us-east1-b"]));
    expect(project.cloud.calls.count("firewalls.insert")).toBe(2);
    expect(second.verbs.nodeExtras("worker").gpu).toBe(true);
    await second.close();
    expect(project.cloud.leftovers(first.name)).toEqual([]);
  });

  test("removes a cluster by its labels alone, in any zone", async () => {
    await using project = await TestProject.open({ boot: "paper", listLagMs: 0 });
    const cluster = await project.cluster({ nWorkers: 1, zone: "europe-west1-b" }).start();
    const listed = await GCPCluster.list(project.options);
    expect(listed.find(({ name }) => name === cluster.name)?.resources).toHaveLength(4);
    await GCPCluster.remove(cluster.name, project.options);
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
    await cluster.close();
  });
});

describe("a cancelled start", () => {
  test("during the creation of workers leaves none, even if Google goes on creating them", async () => {
    await using project = await TestProject.open({ boot: "paper", pendingMs: 400_000, listLagMs: 300_000 });
    const abort = new AbortController();
    const cluster = project.cluster({ nWorkers: 20, listLagMs: 500 });
    const started = cluster.start({ signal: abort.signal }).catch((error: unknown) => error);
    await until("the call for the workers", () => project.cloud.calls.count("instances.bulkInsert") === 1);
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await started).toBe(reason);
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
    expect(project.cloud.machines).toEqual([]);
    expect(project.cloud.violations).toEqual([]);
  });

  test("before the scheduler's creation is answered leaves none", async () => {
    await using project = await TestProject.open({ boot: "paper", latencyMs: 200_000 });
    const cluster = project.cluster();
    const started = cluster.start().catch((error: unknown) => error);
    await until("the call for the scheduler", () => project.cloud.calls.count("instances.insert") === 1);
    await cluster.close();
    expect(await started).toBeInstanceOf(DaskFleetError);
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  });
});

test("the cloud enforces a machine's lifetime without the launcher and deletes its disk", async () => {
  await using project = await TestProject.open({ boot: "paper" });
  // An hour of the simulated cloud's time takes 3.6 seconds.
  const cluster = await project.cluster({ nWorkers: 1, maxLifetimeMs: 3_600_000 }).start();
  await cluster.detach();
  const schedulings = project.cloud.machines.map(({ scheduling }) => scheduling);
  expect(schedulings).toMatchObject([{ instanceTerminationAction: "DELETE" }, { instanceTerminationAction: "DELETE" }]);
  await until("the machines to be gone", () => project.cloud.machines.length === 0);
  expect(project.cloud.account.vms.disks).toEqual([]);
  await GCPCluster.remove(cluster.name, project.options);
  expect(project.cloud.leftovers(cluster.name)).toEqual([]);
});

test("a reclaimed spot machine is replaced", async () => {
  await using project = await TestProject.open({ boot: "paper" });
  const cluster = await project.cluster({ nWorkers: 2, spot: true, lostWorkerTimeoutMs: 200 }).start();
  const victim = project.cloud.machines.find(({ spot }) => spot);
  project.cloud.kill(victim?.name ?? "");
  await until("the replacement", async () => {
    const workers = await cluster.workers();
    return workers.length === 2 && workers.every(({ name }) => name !== victim?.name);
  });
  const schedulers = project.cloud.machines.filter(({ labels }) => labels["role"] === "scheduler");
  expect(schedulers.map(({ spot }) => spot)).toEqual([false]);
  await cluster.close();
  expect(project.cloud.leftovers(cluster.name)).toEqual([]);
});

test("user data over the limit fails before any call to Google", async () => {
  await using project = await TestProject.open();
  const noise = Array.from({ length: 270_000 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join(
    "",
  );
  const envVars = Object.fromEntries([0, 1, 2].map((n) => [`NOISE_${n}`, noise.slice(n * 90_000, (n + 1) * 90_000)]));
  const error: unknown = await project
    .cluster({ envVars })
    .start()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "USER_DATA_TOO_LARGE" });
  expect((error as Error).message).toContain("more than the 196,608 that gcp takes");
  expect(project.cloud.calls.count()).toBe(0);
});
