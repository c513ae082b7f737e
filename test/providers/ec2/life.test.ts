import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";
import { describe, expect, test, vi } from "vitest";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { ownState } from "../../conformance/world.ts";
import { until } from "../../support/until.ts";
import { OpenCluster, TestAccount } from "./account.ts";

ownState();

test("nWorkers is the only required option: the SDK's credential chain finds the rest", async () => {
  await using cloud = await new SimulatedEc2({ boot: "paper", region: "eu-west-1" }).start();
  for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__POLL_INTERVAL_MS", "20");
  // Twenty simulated minutes are a second here.
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__IDLE_TIMEOUT_MS", "0");
  const cluster = new EC2Cluster({ nWorkers: 2 });
  await cluster.start();
  expect(cluster.schedulerAddress).toMatch(/^tls:\/\/127\.\d+\.\d+\.\d+:8786$/);
  const workers = cloud.machines.filter(({ tags }) => tags["role"] === "worker").map(({ id }) => id);
  expect(new Set((await cluster.workers()).map(({ machineId }) => machineId))).toEqual(new Set(workers));
  await cluster.close();
  expect(cloud.leftovers(cluster.name)).toEqual([]);
  expect(cloud.violations).toEqual([]);
});

describe("another process", () => {
  test("takes over a cluster after its first process exits: same region, firewall and GPUs", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const options = { nWorkers: 1, workerInstanceType: "g4dn.xlarge", availabilityZone: ["us-east-1b", "us-east-1a"] };
    const first = await account.cluster(options).start();
    await first.detach();
    vi.stubEnv("AWS_REGION", "ap-south-1");
    const second = await OpenCluster.attach(first.name);
    await second.scale(3);
    const groups = account.cloud.machines
      .filter(({ tags }) => tags["role"] === "worker")
      .map(({ securityGroupIds }) => securityGroupIds.join());
    expect([groups.length, new Set(groups).size]).toEqual([3, 1]);
    expect(account.cloud.calls.count("CreateSecurityGroup")).toBe(2);
    expect(new Set(account.cloud.machines.map(({ zone }) => zone))).toEqual(new Set(["us-east-1b"]));
    expect(second.verbs.nodeExtras("worker").gpu).toBe(true);
    await second.close();
    expect(account.cloud.leftovers(first.name)).toEqual([]);
  });
});

describe("remove()", () => {
  test("uses the region of the start, even if only AWS_REGION named it and has changed", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    vi.stubEnv("AWS_REGION", account.cloud.region);
    const cluster = await account.cluster({ nWorkers: 1, region: undefined }).start();
    await cluster.detach();
    vi.stubEnv("AWS_REGION", "ap-south-1");
    await expect(OpenCluster.remove(cluster.name, { region: "ap-south-1" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`- \`region\`: recorded "${account.cloud.region}", given "ap-south-1"`),
    });
    expect(account.cloud.leftovers(cluster.name)).not.toEqual([]);
    await OpenCluster.remove(cluster.name);
    expect([account.cloud.leftovers(cluster.name), account.cloud.violations]).toEqual([[], []]);
  });
});

describe("user data", () => {
  /** As a real one: tokens that do not compress. */
  const realistic = {
    AWS_DEFAULT_REGION: "us-east-1",
    EXTRA_PIP_PACKAGES: "s3fs==2026.1.0 gcsfs pyarrow>=20 dask-ml scikit-learn xgboost",
    EXTRA_CONDA_PACKAGES: "lz4 python-blosc",
    DATABASE_URL: "postgresql://analytics:9mQ-7xVtZ2!pLw4@db.example.com:5432/warehouse?sslmode=require",
    MLFLOW_TRACKING_URI: "https://mlflow.example.com",
    MLFLOW_TRACKING_TOKEN: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.".padEnd(900, "kJ8sD0fQ2mZ7xW5vB1nL4tR6yH3gP9cA"),
    PREFECT_API_KEY: "pnu_0123456789abcdefghijklmnopqrstuvwxyz",
    OMP_NUM_THREADS: "1",
    MALLOC_TRIM_THRESHOLD_: "65536",
    QUOTES: `it's "quoted" $HOME \\ ünïcode`,
  };

  test("with TLS and realistic envVars fits EC2's limit", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const cluster = await account
      .cluster({ nWorkers: 1, envVars: realistic, extraBootstrap: ["apt-get install -y git"] })
      .start();
    const sizes = account.cloud.machines.map(({ userData }) => userData?.length ?? 0);
    await cluster.close();
    expect(Math.max(...sizes)).toBeGreaterThan(5000);
    expect(Math.max(...sizes)).toBeLessThan(16_300);
    expect(account.cloud.violations).toEqual([]);
  });

  test("over the limit fails before any call to EC2, with the bytes and the largest parts", async () => {
    await using account = await TestAccount.open();
    const noise = Array.from({ length: 16_000 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join(
      "",
    );
    const cluster = account.cluster({ nWorkers: 1, envVars: { ...realistic, NOISE: noise } });
    const error: unknown = await cluster.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DaskFleetError);
    expect(error).toMatchObject({ code: "USER_DATA_TOO_LARGE" });
    expect((error as Error).message).toMatch(
      /^The user data of a scheduler is [23]\d,\d{3} bytes after gzip, [\d,]+ more than the 16,384 that ec2 takes\. Largest parts before gzip: \/etc\/dask-fleet\/user\.env/,
    );
    expect(account.cloud.calls.count()).toBe(0);
  });
});

test("a reclaimed spot machine is replaced, and a closed cluster has no open connection", async () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
  const before = sockets();
  await using account = await TestAccount.open({ boot: "paper" });
  const cluster = await account.cluster({ nWorkers: 2, spot: true, lostWorkerTimeoutMs: 200 }).start();
  const victim = account.cloud.machines.find(({ spot }) => spot);
  account.cloud.kill(victim?.id ?? "");
  await until("the replacement", async () => {
    const workers = await cluster.workers();
    return (
      workers.length === 2 && workers.every(({ machineId }) => machineId !== undefined && machineId !== victim?.id)
    );
  });
  const schedulers = account.cloud.machines.filter(({ tags }) => tags["role"] === "scheduler");
  expect(schedulers.map(({ spot }) => spot)).toEqual([false]);
  await cluster.close();
  expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  await expect.poll(sockets).toBe(before);
});
