import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import type { GCPClusterOptions } from "../../../providers/gcp/index.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestProject } from "./project.ts";

isolatedState();

/** The error of a start that cannot succeed; it leaves nothing and shows no secret. */
async function failedStart(project: TestProject, options: GCPClusterOptions = {}): Promise<DaskFleetError> {
  const cluster = project.cluster({ apiRetries: 0, startTimeoutMs: 20_000, ...options });
  const error: unknown = await cluster.start().then(
    () => new Error("It has started"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DaskFleetError)) throw error;
  expect(cluster.state).not.toBe("running");
  expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/ya29\.|Bearer /);
  expect(error.message).not.toMatch(/\n.*\n.*\n/);
  expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  return error;
}

function temporaryFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-credentials-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "credentials.json");
  writeFileSync(path, content);
  return path;
}

describe("credentials", () => {
  test("there are none", async () => {
    await using project = await TestProject.open();
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    const error = await failedStart(project, { projectId: "dask-project" });
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toContain('run "gcloud auth application-default login"');
    expect(project.cloud.calls.count()).toBe(0);
  });

  test.each([
    ["a file that is not there", "/nonexistent/key.json"],
    ["a file that is no JSON", "{"],
    ["a file of no known kind", '{"type": "something"}'],
  ])("%s", async (_what, content) => {
    await using project = await TestProject.open();
    const path = content.startsWith("/") ? content : temporaryFile(content);
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", path);
    const error = await failedStart(project, { projectId: "dask-project" });
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toMatch(/credentials cannot be read|No Google Cloud credentials/);
    expect(project.cloud.calls.count()).toBe(0);
  });

  test("there is no project", async () => {
    await using project = await TestProject.open();
    const user = { type: "authorized_user", client_id: "a", client_secret: "b", refresh_token: "c" };
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", temporaryFile(JSON.stringify(user)));
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    vi.stubEnv("GCE_METADATA_HOST", "127.0.0.1:9");
    vi.stubEnv("GOOGLE_CLOUD_PROJECT", "");
    vi.stubEnv("PATH", "/nonexistent");
    const error = await failedStart(project);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("`projectId`");
  });

  test("they are revoked or expired", async () => {
    await using project = await TestProject.open();
    const folder = mkdtempSync(join(tmpdir(), "dask-fleet-credentials-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const [name, value] of Object.entries(await project.cloud.environmentWithFile(folder)))
      vi.stubEnv(name, value);
    writeFileSync(join(folder, "subject-token.txt"), "another token");
    const error = await failedStart(project);
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toContain("expired or were revoked");
  });

  test("a token is no longer valid", async () => {
    await using project = await TestProject.open();
    const api = await project.api();
    const { project: id } = api;
    const ask = async (): Promise<unknown> =>
      await api.call("networks", "get", AbortSignal.timeout(10_000), (client, options) =>
        client.get({ project: id, network: "default" }, options),
      );
    await ask();
    project.cloud.tokens.revokeAll();
    await expect(ask()).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: expect.stringContaining("does not accept the credentials") as string,
    });
    api.close();
  });

  test("a given key is used, and no other is searched", async () => {
    await using project = await TestProject.open();
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const serviceAccountCredentials = {
      client_email: "dask@dask-project.iam.gserviceaccount.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      project_id: "dask-project",
    };
    const error = await failedStart(project, { serviceAccountCredentials });
    // The simulated cloud knows no public keys.
    expect(error.code).toBe("AUTH_FAILED");
    expect(project.cloud.calls.entries.map(({ status }) => status)).toContain(401);
    expect(project.cloud.credentials.asked).toEqual([]);
  });

  test("an invalid key", async () => {
    await using project = await TestProject.open();
    const serviceAccountCredentials = { client_email: "a@b", private_key: "none" };
    const error = await failedStart(project, { serviceAccountCredentials, projectId: "dask-project" });
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toContain("cannot be read");
  });

  test("lack a permission, which the error names", async () => {
    await using project = await TestProject.open();
    project.cloud.account.permissions.deny("compute.firewalls.create");
    const error = await failedStart(project);
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toContain("lack the permission compute.firewalls.create");
  });

  test("belong to a project without the Compute Engine API", async () => {
    await using project = await TestProject.open({ apiEnabled: false });
    const error = await failedStart(project);
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toContain("gcloud services enable compute.googleapis.com --project=dask-project");
  });
});

describe("options name what does not exist", () => {
  test.each<[string, GCPClusterOptions, string]>([
    ["a zone", { zone: "us-east9-a" }, "no such zone"],
    ["a zone to fall back to", { zones: ["us-east1-c", "us-east9-a"] }, "no such zone"],
    ["a machine type", { machineType: "n9-standard-1" }, "machine type n9-standard-1 does not exist in us-east1-c"],
    ["a workers' machine type", { workerMachineType: "n1-standard-3" }, "n1-standard-3"],
    ["an image", { sourceImage: "no-such-image" }, "`sourceImage`"],
    ["a family", { sourceImage: "projects/ubuntu-os-cloud/global/images/family/ubuntu-9999-lts" }, "`sourceImage`"],
    ["a type of GPU", { nGpus: 1, gpuType: "nvidia-tesla-k80" }, "`gpuType`"],
    ["a network", { network: "no-such-network" }, "`network`"],
    ["a subnet", { subnetwork: "no-such-subnet" }, "`subnetwork`"],
    ["a subnet elsewhere", { subnetwork: "projects/p/regions/us-west1/subnetworks/s" }, "not in the region us-east1"],
    ["a project", { projectId: "no-such-project" }, "no such project"],
    ["a field", { instanceProperties: { minCpuPlatfrom: "Intel Ice Lake" } }, 'Did you mean "minCpuPlatform"'],
    [
      "a field inside",
      { instanceProperties: { disks: [{ initializeParams: { bogus: 1 } }] } },
      "disks[0].initializeParams.bogus",
    ],
  ])("%s", async (_what, options, words) => {
    await using project = await TestProject.open();
    const error = await failedStart(project, options);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(words);
    expect(project.mutations).toEqual([]);
    expect(project.cloud.violations).toEqual([]);
  });

  test.each<[string, GCPClusterOptions, string]>([
    ["a number of GPUs", { nGpus: 3, gpuType: "nvidia-tesla-t4" }, "`nGpus`"],
    ["a type of disk", { diskType: "pd-turbo" }, "`diskType`"],
  ])("%s, which only the first creation shows", async (_what, options, words) => {
    await using project = await TestProject.open();
    const error = await failedStart(project, options);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain(words);
  });
});

describe("contradictory options", () => {
  test("an image of the wrong architecture", async () => {
    await using project = await TestProject.open();
    const sourceImage = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2604-lts-arm64";
    expect((await failedStart(project, { sourceImage })).message).toContain(
      "is for ARM64, but the machine type e2-standard-2",
    );
  });

  test("a disk that is smaller than its image", async () => {
    await using project = await TestProject.open({ images: [{ name: "large", diskSizeGb: 80 }] });
    expect((await failedStart(project, { sourceImage: "large" })).message).toContain(
      "`diskSize` option to be at least 80",
    );
  });

  test("an obsolete image", async () => {
    await using project = await TestProject.open();
    const sourceImage = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2004-lts";
    const error = await failedStart(project, { sourceImage });
    expect(error.code).toBe("CONFIG_INVALID");
  });

  test("a type that comes with GPUs, and live migration", async () => {
    await using project = await TestProject.open();
    const error = await failedStart(project, { workerMachineType: "g2-standard-4", onHostMaintenance: "MIGRATE" });
    expect(error.message).toContain("cannot be migrated");
    expect(project.mutations).toEqual([]);
  });
});

describe("there is not enough", () => {
  test("capacity, in any zone", async () => {
    await using project = await TestProject.open({ capacity: [{ vms: 0 }] });
    const error = await failedStart(project, { zones: ["us-east1-c", "us-east1-b"] });
    expect(error.code).toBe("CAPACITY_UNAVAILABLE");
    expect(error.message).toContain("e2-standard-2 in us-east1-c, e2-standard-2 in us-east1-b: Google has no capacity");
    expect(project.mutations.filter((operation) => operation === "instances.insert")).toHaveLength(2);
  });

  test.each(["reply", "operation"] as const)("quota, reported in the %s", async (quotaRefusedIn) => {
    await using project = await TestProject.open({ quota: { CPUS: 0 }, quotaRefusedIn });
    const error = await failedStart(project);
    expect(error.code).toBe("QUOTA_EXCEEDED");
    expect(error.message).toContain("(CPUS: 0 in us-east1)");
  });
});

describe("the connection", () => {
  test("is refused: nothing answers", async () => {
    await using project = await TestProject.open();
    const error = await failedStart(project, { endpoint: "http://127.0.0.1:9", projectId: "dask-project" });
    expect(error.code).toBe("PROVIDER_FAILED");
    expect(error.message).toContain("The connection to http://127.0.0.1:9 failed");
  });

  test("is rate-limited, and the error counts the attempts", async () => {
    await using project = await TestProject.open();
    project.cloud.faults.onOperation("networks.get", "throttle", { times: 9 });
    const error = await failedStart(project, { apiRetries: 1 });
    expect(error.code).toBe("PROVIDER_FAILED");
    expect(error.message).toContain(
      "throttled the call after 2 attempts: the project dask-project makes too many calls a minute",
    );
  });
});

test("a missing SDK is reported with its install command, and a cancelled start rejects with its own reason", async () => {
  await using project = await TestProject.open();
  const abort = new AbortController();
  const cluster = project.cluster();
  const started = cluster.start({ signal: abort.signal });
  const reason = new Error("enough");
  abort.abort(reason);
  await expect(started).rejects.toBe(reason);
  expect(project.cloud.leftovers(cluster.name)).toEqual([]);
});
