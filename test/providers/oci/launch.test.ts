import type { CapacityRule } from "@dask-fleet/simulated-clouds/oci";
import { expect, test, vi } from "vitest";

import { launchRequest } from "../../../providers/oci/machines/launch-details.ts";
import { resolveOciOptions } from "../../../providers/oci/options/resolved-options.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, TestTenancy } from "./tenancy.ts";

isolatedState();

const E5 = "VM.Standard.E5.Flex";
const none = (rule: Omit<CapacityRule, "instances">): CapacityRule => ({ ...rule, instances: 0 });

test("out of host capacity leads through fault domains, availability domains and shapes", async () => {
  await using tenancy = await TestTenancy.open({
    capacity: [
      none({ shape: "VM.Standard.E4.Flex" }),
      none({ shape: E5, availabilityDomain: "AD-1" }),
      none({ shape: E5, availabilityDomain: "AD-2", faultDomain: "FAULT-DOMAIN-1" }),
      none({ shape: E5, availabilityDomain: "AD-2", faultDomain: "FAULT-DOMAIN-2" }),
    ],
  });
  const cluster = await tenancy.cluster({ instanceTypes: [E5] }).prepared();
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  expect([machines.length, shortfall]).toEqual([2, undefined]);
  const where = tenancy.cloud.machines.map(({ shape, availabilityDomain, faultDomain }) => [
    shape,
    availabilityDomain.slice(-4),
    faultDomain,
  ]);
  expect(where).toEqual(Array.from({ length: 2 }, () => [E5, "AD-2", "FAULT-DOMAIN-3"]));
});

test("no capacity anywhere names every place that was tried", async () => {
  await using tenancy = await TestTenancy.open({ region: "eu-amsterdam-1", capacity: [none({})] });
  const cluster = await tenancy.cluster({ faultDomain: ["FAULT-DOMAIN-2"], spot: "with-fallback" }).prepared();
  const { machines, shortfall, uncertain } = await cluster.verbs.create(cluster.request("worker", 3), anHour());
  expect([machines, uncertain]).toEqual([[], false]);
  expect(shortfall).toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    message: expect.stringMatching(
      /E4\.Flex \(spot\) in .*AD-1 \(FAULT-DOMAIN-2\), VM\.Standard\.E4\.Flex in .*Out of host/su,
    ),
  });
});

test("a launch that OCI accepts and then gives up is told with its reason, and is no machine", async () => {
  await using tenancy = await TestTenancy.open({ capacity: [none({})], capacityToldIn: "work-request", pendingMs: 10 });
  const cluster = await tenancy.cluster().prepared();
  const { machines } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
  const [machine] = machines;
  expect(machine).toBeDefined();
  if (machine === undefined) return;
  await until("the launch to fail", async () => {
    const [listed] = await cluster.verbs.list(anHour());
    return listed?.state === "stopped";
  });
  expect(await cluster.verbs.console(machine, anHour())).toMatch(/no capacity for this shape.*Out of host capacity/su);
  await cluster.verbs.destroy([machine], anHour());
  expect(await cluster.verbs.list(anHour())).toEqual([]);
});

test("a scheduler that OCI gives up so goes to the next candidate", async () => {
  await using tenancy = await TestTenancy.open({
    capacity: [none({ availabilityDomain: "AD-1" })],
    capacityToldIn: "work-request",
    pendingMs: 10,
  });
  const cluster = await tenancy.cluster().prepared();
  const { machines } = await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  expect(machines).toMatchObject([{ role: "scheduler", privateAddress: expect.stringMatching(/^127\./u) as unknown }]);
  expect(tenancy.cloud.machines.map(({ availabilityDomain }) => availabilityDomain.slice(-4))).toEqual(["AD-2"]);
});

test("a request that is sent again makes no machine twice", async () => {
  await using tenancy = await TestTenancy.open();
  const cluster = await tenancy.cluster().prepared();
  const first = await cluster.verbs.create(cluster.request("worker", 3), anHour());
  const again = await cluster.verbs.create(cluster.request("worker", 3), anHour());
  const ids = (created: typeof first): readonly string[] => created.machines.map(({ id }) => id).toSorted();
  expect(ids(again)).toEqual(ids(first));
  expect(tenancy.cloud.machines).toHaveLength(3);
});

test("machines are as closed as OCI can make them, and leave nothing behind", async () => {
  await using tenancy = await TestTenancy.open();
  const cluster = await tenancy
    .cluster({
      preemptible: true,
      definedTags: { Operations: { CostCenter: "42" } },
      sshAuthorizedKeys: ["ssh-ed25519 AAAA me"],
    })
    .prepared();
  const { machines } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
  expect(tenancy.cloud.machines).toMatchObject([
    {
      preemptible: true,
      isEncryptedInTransit: true,
      hasLegacyImds: false,
      definedTags: { Operations: { CostCenter: "42" } },
      metadata: { ssh_authorized_keys: "ssh-ed25519 AAAA me" },
    },
  ]);
  await cluster.verbs.destroy(machines, anHour());
  await until("it to be gone", async () => (await cluster.verbs.list(anHour())).length === 0);
  expect(tenancy.cloud.account.bootVolumes.all.filter(({ terminatedAt }) => terminatedAt === undefined)).toEqual([]);
});

test("the SDK's complaints about failed calls do not reach the terminal", async () => {
  const warn = vi.spyOn(console, "warn");
  await using tenancy = await TestTenancy.open({ forbidden: ["ListVcns"] });
  await expect(tenancy.cluster().start()).rejects.toMatchObject({ code: "AUTH_FAILED" });
  expect(warn).not.toHaveBeenCalled();
});

test("a retry token follows from all that OCI compares, and is never longer than it takes", () => {
  const options = resolveOciOptions("oci", {});
  const candidate = {
    subnetId: "subnet",
    availabilityDomain: "AD-1",
    faultDomain: undefined,
    shape: E5,
    config: { ocpus: 1, memoryInGBs: 8 },
    imageId: "image",
    capacityType: "on-demand",
  } as const;
  const request = { role: "worker", count: 2, token: "t", tags: {}, userData: Buffer.from("x") } as const;
  const asked = { request, candidate, compartmentId: "c", options, nsgIds: ["nsg"], nth: 0 };
  const variants = [
    asked,
    { ...asked, nth: 1 },
    { ...asked, request: { ...request, token: "u" } },
    { ...asked, candidate: { ...candidate, faultDomain: "FAULT-DOMAIN-1" } },
    { ...asked, candidate: { ...candidate, config: { ocpus: 2, memoryInGBs: 8 } } },
    { ...asked, candidate: { ...candidate, capacityType: "spot" as const } },
    { ...asked, nsgIds: ["nsg", "clients"] },
  ];
  const tokens = variants.map((each) => launchRequest(each).opcRetryToken);
  expect(new Set(tokens).size).toBe(variants.length);
  expect(launchRequest(asked)).toEqual(launchRequest(asked));
  for (const token of tokens) expect(token.length).toBeLessThanOrEqual(64);
});
