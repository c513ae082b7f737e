import { describe, expect, test } from "vitest";

import { checkMessage } from "../../../packages/simulated-clouds/src/gcp/check-message.ts";
import { lastPart, parseLink, regionOf } from "../../../providers/gcp/api/links.ts";
import { GCP_RETRIES } from "../../../providers/gcp/api/retries.ts";
import type { GcpFailure } from "../../../providers/gcp/errors/failure.ts";
import { imageOf, ltsFamilies } from "../../../providers/gcp/machines/image.ts";
import { candidatesFor, inWords } from "../../../providers/gcp/machines/launch.ts";
import { machineOf } from "../../../providers/gcp/machines/machines.ts";
import { firewallRules, tagsFrom } from "../../../providers/gcp/network/firewall.ts";
import { chooseSubnetwork } from "../../../providers/gcp/network/network.ts";
import { retryPauseMs } from "../../../src/cloud/api/retry-policy.ts";
import { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import { clusterTags } from "../../../src/provider/tags.ts";

describe("the newest Ubuntu LTS", () => {
  test.each([
    ["2026-11-22", "X86_64", ["ubuntu-2604-lts-amd64", "ubuntu-2404-lts-amd64"]],
    ["2026-11-22", "ARM64", ["ubuntu-2604-lts-arm64", "ubuntu-2404-lts-arm64"]],
    ["2027-12-31", "X86_64", ["ubuntu-2604-lts-amd64", "ubuntu-2404-lts-amd64"]],
    ["2028-01-01", "X86_64", ["ubuntu-2804-lts-amd64", "ubuntu-2604-lts-amd64"]],
  ] as const)("on %s for %s", (date, architecture, families) => {
    expect(ltsFamilies(new Date(date), architecture)).toEqual(families);
  });

  test("is an exact image, not a family, so that all machines of a cluster boot the same", () => {
    const answer = {
      name: "ubuntu-2604-resolute-amd64-v20261117",
      family: "ubuntu-2604-lts-amd64",
      architecture: "X86_64",
      diskSizeGb: "10",
      guestOsFeatures: [{ type: "GVNIC" }, { type: "UEFI_COMPATIBLE" }],
      status: "READY",
    };
    expect(imageOf(answer, "ubuntu-os-cloud")).toEqual({
      link: "projects/ubuntu-os-cloud/global/images/ubuntu-2604-resolute-amd64-v20261117",
      architecture: "X86_64",
      minimumSize: 10,
      uefi: true,
    });
  });

  test("an obsolete image is refused, and its successor named", () => {
    const replacement = "https://www.googleapis.com/compute/v1/projects/p/global/images/new";
    expect(() => imageOf({ name: "old", deprecated: { state: "OBSOLETE", replacement } }, "p")).toThrow(
      /take new instead/,
    );
    expect(imageOf({ name: "old", deprecated: { state: "DEPRECATED" } }, "p").uefi).toBe(false);
  });
});

describe("candidates", () => {
  const image = { link: "", architecture: "X86_64", minimumSize: 10, uefi: true } as const;
  const zones = ["us-east1-b", "us-east1-c"];
  const role = { types: [{ machineType: "n1-standard-1", zones, image }] };
  const words = (...input: Parameters<typeof candidatesFor>): string[] => candidatesFor(...input).map(inWords);

  test("are the zones in order, for workers the scheduler's first", () => {
    expect(words("scheduler", role, { spot: false })).toEqual([
      "n1-standard-1 in us-east1-b",
      "n1-standard-1 in us-east1-c",
    ]);
    expect(words("worker", role, { spot: false, schedulerZone: "us-east1-c" })).toEqual([
      "n1-standard-1 in us-east1-c",
      "n1-standard-1 in us-east1-b",
    ]);
  });

  test("are each machine type in every zone that has it before the next type", () => {
    const types = [...role.types, { machineType: "n2-standard-2", zones: ["us-east1-c"], image }];
    expect(words("worker", { types }, { spot: false })).toEqual([
      "n1-standard-1 in us-east1-b",
      "n1-standard-1 in us-east1-c",
      "n2-standard-2 in us-east1-c",
    ]);
  });

  test("are never spot for the scheduler; with a fallback all spot candidates come first", () => {
    expect(words("scheduler", role, { spot: true })).toHaveLength(2);
    expect(candidatesFor("scheduler", role, { spot: true }).some(({ capacityType }) => capacityType === "spot")).toBe(
      false,
    );
    expect(words("worker", role, { spot: "with-fallback" })).toEqual([
      "n1-standard-1 (spot) in us-east1-b",
      "n1-standard-1 (spot) in us-east1-c",
      "n1-standard-1 in us-east1-b",
      "n1-standard-1 in us-east1-c",
    ]);
    expect(words("worker", role, { spot: true })).toHaveLength(2);
  });
});

describe("firewall rules", () => {
  const wishes = {
    identity: { name: "dask-1", ids: ["0123456789abcdef"] },
    network: "projects/p/global/networks/default",
    tags: clusterTags({ name: "dask-1", id: "0123456789abcdef" }, undefined, new Date(1_790_000_000_000)),
    userTags: {},
    cidrs: ["203.0.113.7/32", "2001:db8::/48", "198.51.100.0/24"],
  };

  test("admit members to one another and clients to two ports of the scheduler, and nothing else", () => {
    const rules = firewallRules(wishes);
    expect(rules).toMatchObject([
      {
        name: "dask-fleet-dask-1-members",
        sourceTags: ["dask-fleet-dask-1-member"],
        targetTags: ["dask-fleet-dask-1-member"],
        allowed: [{ IPProtocol: "all" }],
      },
      {
        name: "dask-fleet-dask-1-clients",
        sourceRanges: ["203.0.113.7/32", "198.51.100.0/24"],
        targetTags: ["dask-fleet-dask-1-scheduler"],
        allowed: [{ IPProtocol: "tcp", ports: ["8786", "8788"] }],
      },
      { name: "dask-fleet-dask-1-clients6", sourceRanges: ["2001:db8::/48"] },
    ]);
    expect(rules[0]).not.toHaveProperty("sourceRanges");
    for (const rule of rules) expect(checkMessage("Firewall", rule)).toEqual([]);
  });

  test("carry the tags in their descriptions, since they have no labels", () => {
    for (const rule of firewallRules(wishes)) expect(tagsFrom(rule)).toEqual(wishes.tags);
    const tagged = firewallRules({ ...wishes, userTags: { "cost-center": "42", owner: "me" } });
    for (const rule of tagged) expect(rule.description).toMatch(/^creator=dask-fleet .* cost-center=42 owner=me$/);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [`label-${nth}`, "x".repeat(63)]));
    for (const rule of firewallRules({ ...wishes, userTags: many })) {
      expect(rule.description?.length).toBeLessThanOrEqual(2048);
      expect(tagsFrom(rule)).toMatchObject(wishes.tags);
    }
    expect(tagsFrom({ description: "Allow ssh = yes from anywhere" })).toEqual({});
    expect(tagsFrom({})).toEqual({});
  });
});

describe("links", () => {
  test("are parsed in full and in part", () => {
    expect(parseLink("https://www.googleapis.com/compute/v1/projects/p/zones/us-east1-c/instances/i")).toMatchObject({
      project: "p",
      zone: "us-east1-c",
      collection: "instances",
      name: "i",
    });
    expect(parseLink("projects/example.com:p/global/images/family/f")).toMatchObject({ family: true, name: "f" });
    expect(parseLink("regions/r/subnetworks/s")).toMatchObject({ region: "r", collection: "subnetworks" });
    expect(parseLink("a-name")).toBeUndefined();
    expect(lastPart("zones/us-east1-c")).toBe("us-east1-c");
    expect(lastPart(undefined)).toBe("");
    expect(regionOf("europe-west10-a")).toBe("europe-west10");
  });
});

describe("the subnet of a custom-mode network", () => {
  const links = [
    "https://www.googleapis.com/compute/v1/projects/p/regions/us-east1/subnetworks/a",
    "https://www.googleapis.com/compute/v1/projects/p/regions/us-east1/subnetworks/b",
    "https://www.googleapis.com/compute/v1/projects/p/regions/us-west1/subnetworks/c",
  ];

  test("is the only one in the region, or the one named like the network", () => {
    expect(chooseSubnetwork("n", "us-west1", links)).toBe("projects/p/regions/us-west1/subnetworks/c");
    expect(chooseSubnetwork("b", "us-east1", links)).toBe("projects/p/regions/us-east1/subnetworks/b");
  });

  test("must be named where there are several, or none", () => {
    expect(() => chooseSubnetwork("n", "us-east1", links)).toThrow(/`subnetwork` to one of a, b/);
    expect(() => chooseSubnetwork("n", "asia-east1", links)).toThrow(/no subnet in the region asia-east1/);
  });
});

describe("the state of a machine", () => {
  const instance = (status: string): Parameters<typeof machineOf>[0] => ({
    name: "dask-1-w-0001",
    zone: "https://www.googleapis.com/compute/v1/projects/p/zones/us-east1-c",
    status,
    labels: { role: "worker" },
    networkInterfaces: [{ networkIP: "10.0.0.2", accessConfigs: [{ natIP: "" }] }],
  });

  test.each([
    ["PROVISIONING", "pending"],
    ["STAGING", "pending"],
    ["RUNNING", "running"],
    ["REPAIRING", "running"],
    ["STOPPING", "stopped"],
    ["PENDING_STOP", "stopped"],
    ["TERMINATED", "stopped"],
    ["SUSPENDED", "stopped"],
    ["DEPROVISIONING", "ending"],
    ["SOMETHING_NEW", "stopped"],
  ])("%s is %s", (status, state) => {
    expect(machineOf(instance(status))).toEqual({
      id: "us-east1-c/dask-1-w-0001",
      nodeName: "dask-1-w-0001",
      role: "worker",
      state,
      privateAddress: "10.0.0.2",
      publicAddress: undefined,
    });
  });

  test("is ending while an accepted deletion may be under way, and reverts if it failed", () => {
    const terminated = new KnownEnds(0);
    const machine = machineOf(instance("RUNNING"));
    expect(terminated.seen(machine, true).state).toBe("running");
    terminated.deleted(machine.id);
    expect(terminated.seen(machine, true).state).toBe("ending");
    expect(terminated.seen(machine).state).toBe("running");
    const lagging = new KnownEnds(60_000);
    lagging.deleted(machine.id);
    expect(lagging.seen(machine).state).toBe("ending");
  });
});

test("the back-off grows, and six retries of a throttled call outlast the rate limit's minute", () => {
  const failure = { action: "a.b", project: "p", endpoint: undefined, message: "", attempts: 1 };
  const pauseOf = (parts: Pick<GcpFailure, "codes" | "status">, failed: number): number | undefined =>
    retryPauseMs({ rules: GCP_RETRIES, retries: 6 }, { failure: { ...failure, ...parts }, failed });
  const pauses = (reason: string, status: number): number[] =>
    [1, 2, 3, 4, 5, 6].map((failed) => pauseOf({ codes: [reason], status }, failed) ?? 0);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  expect(sum(pauses("rateLimitExceeded", 403))).toBeGreaterThan(60_000);
  expect(sum(pauses("backendError", 503))).toBeLessThan(8000);
  expect(pauseOf({ codes: ["forbidden"], status: 403 }, 1)).toBeUndefined();
  expect(pauseOf({ codes: ["insufficientCapacity"], status: 503 }, 1)).toBeUndefined();
});
