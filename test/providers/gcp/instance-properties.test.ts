import { gunzipSync, gzipSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { checkMessage } from "../../../packages/simulated-clouds/src/gcp/check-message.ts";
import { instanceFrom, instanceProperties } from "../../../providers/gcp/machines/instance-properties.ts";
import { USER_DATA_LIMIT_BYTES } from "../../../providers/gcp/machines/metadata.ts";
import { memberTag, schedulerName, schedulerTag, workerPrefix } from "../../../providers/gcp/tags/names.ts";
import { labelsFrom } from "../../../providers/gcp/tags/tags.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { ID, machineInput } from "./samples.ts";

const RFC1035 = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

function properties(...wish: Parameters<typeof machineInput>): ReturnType<typeof instanceProperties> {
  return instanceProperties(machineInput(...wish));
}

/** What Compute Engine would not understand of it, in either of the two calls. */
function problems(made: ReturnType<typeof instanceProperties>): readonly string[] {
  const instance = instanceFrom(made, { name: "dask-1-scheduler", zone: "us-east1-c" });
  return [...checkMessage("InstanceProperties", made), ...checkMessage("Instance", instance)];
}

function metadataOf({ metadata }: ReturnType<typeof instanceProperties>): Record<string, string> {
  return Object.fromEntries((metadata?.items ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
}

test("the request for a worker", () => {
  const { metadata: _metadata, ...made } = properties();
  expect(metadataOf(properties())).toEqual({
    "user-data": Buffer.from("#cloud-config\n{}\n").toString("base64"),
    "user-data-encoding": "base64",
    "block-project-ssh-keys": "TRUE",
  });
  const labels = { creator: "dask-fleet", "cluster-name": "dask-1a2b3c4d", "cluster-id": ID, role: "worker" };
  expect(made).toEqual({
    machineType: "e2-standard-2",
    labels,
    tags: { items: ["dask-fleet-dask-1a2b3c4d-member"] },
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: {
          sourceImage: "projects/ubuntu-os-cloud/global/images/ubuntu-2604-resolute-amd64-v20261117",
          diskSizeGb: "50",
          diskType: "pd-balanced",
          labels,
        },
      },
    ],
    networkInterfaces: [
      {
        network: "projects/dask-project/global/networks/default",
        accessConfigs: [{ name: "External NAT", type: "ONE_TO_ONE_NAT" }],
      },
    ],
    scheduling: { automaticRestart: false, onHostMaintenance: "MIGRATE", provisioningModel: "STANDARD" },
    shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
  });
});

test("bulkInsert gets names where insert gets links", () => {
  const gpus = { type: "nvidia-tesla-t4", count: 2 };
  const made = properties({ found: { gpus, hasGpu: true }, options: { diskType: "pd-ssd" } });
  expect(made).toMatchObject({
    machineType: "e2-standard-2",
    guestAccelerators: [{ acceleratorType: "nvidia-tesla-t4", acceleratorCount: 2 }],
    disks: [{ initializeParams: { diskType: "pd-ssd" } }],
  });
  const instance = instanceFrom(made, { name: "dask-1-scheduler", zone: "us-east1-c" });
  expect(instance).toMatchObject({
    name: "dask-1-scheduler",
    machineType: "zones/us-east1-c/machineTypes/e2-standard-2",
    guestAccelerators: [{ acceleratorType: "zones/us-east1-c/acceleratorTypes/nvidia-tesla-t4", acceleratorCount: 2 }],
    disks: [{ autoDelete: true, initializeParams: { diskType: "zones/us-east1-c/diskTypes/pd-ssd" } }],
  });
  expect(problems(made)).toEqual([]);
});

test("the default disk is balanced if the machine series supports it, otherwise the cloud's choice", () => {
  const diskType = (machineType: string): unknown =>
    properties({ found: { machineType } }).disks?.[0]?.initializeParams?.diskType;
  expect(["e2-medium", "n2d-standard-2", "t2a-standard-1", "g2-standard-4", "custom-2-4096"].map(diskType)).toEqual(
    Array.from({ length: 5 }, () => "pd-balanced"),
  );
  expect(["c4-standard-2", "n4-standard-2", "c4a-standard-1", "a3-megagpu-8g", "x9-new-1"].map(diskType)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
});

describe("public addresses", () => {
  const isPublic = (role: "scheduler" | "worker", options: object): boolean =>
    properties({ role, options }).networkInterfaces?.[0]?.accessConfigs !== undefined;

  test.each([
    [{}, { scheduler: true, worker: true }],
    [{ workerPublicIp: false }, { scheduler: true, worker: false }],
    [{ publicIp: false }, { scheduler: false, worker: false }],
    [
      { publicIp: false, workerPublicIp: true },
      { scheduler: false, worker: false },
    ],
    [{ publicIngress: false }, { scheduler: false, worker: false }],
  ])("with %j", (options, { scheduler, worker }) => {
    expect([isPublic("scheduler", options), isPublic("worker", options)]).toEqual([scheduler, worker]);
  });
});

describe("the end of a machine's time", () => {
  const seconds = (lifeMs: number): unknown => {
    const now = Date.UTC(2026, 10, 22);
    return properties({ now, expiresAt: new Date(now + lifeMs) }).scheduling?.maxRunDuration?.seconds;
  };

  test("is enforced by the cloud too, a little earlier: a machine that powers itself off keeps its disk", () => {
    expect(seconds(3_600_000)).toBe("3570");
    const expiresAt = new Date(Date.now() + 3_600_000);
    expect(properties({ expiresAt }).scheduling).toMatchObject({ instanceTerminationAction: "DELETE" });
  });

  test("is clamped to what Compute Engine accepts", () => {
    expect(seconds(1000)).toBe("30");
    expect(seconds(-5000)).toBe("30");
    expect(seconds(200 * 86_400_000)).toBe(String(120 * 86_400));
  });

  test("is left out without a lifetime", () => {
    expect(properties().scheduling).not.toHaveProperty("maxRunDuration");
    expect(properties().scheduling).not.toHaveProperty("instanceTerminationAction");
  });
});

test("spot and GPU machines terminate on maintenance, and a reclaimed spot machine is deleted", () => {
  expect(properties({ spot: true }).scheduling).toEqual({
    automaticRestart: false,
    onHostMaintenance: "TERMINATE",
    provisioningModel: "SPOT",
    instanceTerminationAction: "DELETE",
  });
  expect(properties({ found: { hasGpu: true } }).scheduling?.onHostMaintenance).toBe("TERMINATE");
  expect(properties({ options: { onHostMaintenance: "terminate" } }).scheduling?.onHostMaintenance).toBe("TERMINATE");
});

test("Secure Boot is off for GPU drivers that may be unsigned, and shielding is off for images without support", () => {
  expect(properties({ found: { hasGpu: true } }).shieldedInstanceConfig?.enableSecureBoot).toBe(false);
  const image = { ...machineInput().candidate.image, uefi: false };
  expect(properties({ found: { image } })).not.toHaveProperty("shieldedInstanceConfig");
});

test("a service account is attached only on request", () => {
  expect(properties()).not.toHaveProperty("serviceAccounts");
  expect(properties({ options: { serviceAccount: "default" } }).serviceAccounts).toEqual([
    { email: "default", scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] },
  ]);
});

test("an override changes and adds; an added disk is deleted with its machine like the first", () => {
  const instanceProperties = {
    minCpuPlatform: "Intel Skylake",
    disks: [{ deviceName: "root" }, { initializeParams: { diskSizeGb: "10" } }],
    networkInterfaces: [{ nicType: "GVNIC" }],
    scheduling: { automaticRestart: true },
    shieldedInstanceConfig: { enableSecureBoot: false },
    resourceManagerTags: { "tagKeys/1": "tagValues/2" },
  };
  const made = properties({ options: { instanceProperties } });
  const labels = { creator: "dask-fleet", "cluster-name": "dask-1a2b3c4d", "cluster-id": ID, role: "worker" };
  expect(made).toMatchObject({
    minCpuPlatform: "Intel Skylake",
    disks: [
      { boot: true, deviceName: "root", autoDelete: true, initializeParams: { diskSizeGb: "50", labels } },
      { autoDelete: true, initializeParams: { diskSizeGb: "10", labels } },
    ],
    networkInterfaces: [{ nicType: "GVNIC", network: expect.stringContaining("default") as string }],
    scheduling: { automaticRestart: true, provisioningModel: "STANDARD" },
    shieldedInstanceConfig: { enableSecureBoot: false, enableVtpm: true },
  });
  expect(problems(made)).toEqual([]);
  expect(instanceFrom(made, { name: "a", zone: "z" }).params).toEqual({
    resourceManagerTags: { "tagKeys/1": "tagValues/2" },
  });
});

test("user data up to the documented limit fits a metadata value exactly", () => {
  const valueOf = (bytes: number): number =>
    Buffer.byteLength(metadataOf(properties({ userData: new Uint8Array(bytes) }))["user-data"] ?? "");
  expect(valueOf(USER_DATA_LIMIT_BYTES)).toBe(262_144);
  expect(valueOf(USER_DATA_LIMIT_BYTES + 1)).toBeGreaterThan(262_144);
});

test("gzip'd user data arrives byte for byte", () => {
  const userData = gzipSync("#cloud-config\n{}\n");
  const { "user-data": sent = "" } = metadataOf(properties({ userData }));
  expect(gunzipSync(Buffer.from(sent, "base64")).toString()).toBe("#cloud-config\n{}\n");
});

const clusterName = fc.stringMatching(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
const label = {
  key: fc.stringMatching(/^[a-z][a-z0-9_-]{0,62}$/).filter((key) => !["creator", "role", "expires"].includes(key)),
  value: fc.stringMatching(/^[a-z0-9_-]{0,63}$/),
};

test("Compute Engine accepts every cluster name and label", () => {
  const wishes = fc.record({
    clusterName,
    role: fc.constantFrom("scheduler" as const, "worker" as const),
    spot: fc.boolean(),
    expiresAt: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
    instanceLabels: fc.dictionary(label.key, label.value, { maxKeys: 60 }),
    networkTags: fc.uniqueArray(fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/), { maxLength: 5 }),
    instanceMetadata: fc.dictionary(fc.stringMatching(/^[A-Za-z0-9]{1,20}$/), fc.string({ unit: "binary" })),
  });
  fc.assert(
    fc.property(wishes, ({ instanceLabels, networkTags, instanceMetadata, ...wish }) => {
      const made = properties({ ...wish, options: { instanceLabels, networkTags, instanceMetadata } });
      expect(problems(made)).toEqual([]);
      const tags = clusterTags({ name: wish.clusterName, id: ID }, wish.role, wish.expiresAt);
      expect(made.labels).toEqual({ ...instanceLabels, ...tags });
      expect(Object.keys(made.labels ?? {}).length).toBeLessThanOrEqual(64);
      for (const tag of made.tags?.items ?? []) expect(tag).toMatch(RFC1035);
      expect(metadataOf(made)).toMatchObject(instanceMetadata);
    }),
    { numRuns: 200 },
  );
});

test("names fit however long the cluster's is, and never collide between clusters", () => {
  fc.assert(
    fc.property(clusterName, clusterName, (one, other) => {
      const namesOf = (name: string): string[] => [
        memberTag(name),
        schedulerTag(name),
        schedulerName(name),
        `${workerPrefix(name, "0a1b2c3d-0000-8000-8000-000000000000")}0001`,
      ];
      for (const name of namesOf(one)) expect(name).toMatch(RFC1035);
      const tags = new Set([memberTag(one), schedulerTag(one), memberTag(other), schedulerTag(other)]);
      expect(tags.size).toBe(one === other ? 2 : 4);
    }),
  );
});

test("a tag that does not fit a label is refused rather than changed", () => {
  expect(() => labelsFrom({ "cluster-name": "Ünlower" })).toThrow(/"cluster-name"/);
  expect(labelsFrom({ creator: "dask-fleet", expires: "1790000000" }, { creator: "x" })).toEqual({
    creator: "dask-fleet",
    expires: "1790000000",
  });
});
