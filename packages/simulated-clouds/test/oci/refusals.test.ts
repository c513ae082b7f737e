import type { models } from "oci-core";
import { expect, test } from "vitest";

import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

type Launch = Partial<models.LaunchInstanceDetails>;

const given = freshOci();
const MANY = Object.fromEntries(Array.from({ length: 11 }, (_, nth) => [`key-${nth}`, "value"]));
const PREEMPTIBLE = { preemptionAction: { type: "TERMINATE" } } as models.PreemptibleInstanceConfigDetails;

test.each<[string, () => Launch, RegExp]>([
  [
    "a flexible shape without OCPUs",
    () => ({ shapeConfig: undefined as never }),
    /Invalid ShapeConfig: null \(Cannot launch flexible/u,
  ],
  ["half an OCPU", () => ({ shapeConfig: { ocpus: 0.5 } }), /between 1 and 114/u],
  ["too much memory for its OCPUs", () => ({ shapeConfig: { ocpus: 1, memoryInGBs: 65 } }), /between 1 and 64 GBs/u],
  ["a fixed shape with OCPUs", () => ({ shape: "VM.Standard2.1" }), /non-flexible shape VM\.Standard2\.1/u],
  [
    "an image for another processor",
    () => ({ shape: "VM.Standard.A1.Flex" }),
    /Shape VM\.Standard\.A1\.Flex is not valid for image/u,
  ],
  [
    "an image with GPU drivers",
    () => ({ sourceDetails: image("Oracle-Linux-9.6-Gen2-GPU") }),
    /is not valid for image/u,
  ],
  ["a small boot volume", () => ({ sourceDetails: { ...image(), bootVolumeSizeInGBs: 49 } }), /between 50 and 32768/u],
  ["an availability domain that is none", () => ({ availabilityDomain: "AD-1" }), /Invalid availabilityDomain/u],
  ["a fault domain that is none", () => ({ faultDomain: "FAULT-DOMAIN-4" }), /Invalid faultDomain/u],
  ["user data that is no base64", () => ({ metadata: { user_data: "#cloud-config" } }), /must be base64-encoded/u],
  ["too much metadata", () => ({ metadata: { user_data: "a".repeat(32_000) } }), /the limit is 32000 bytes/u],
  [
    "too much of both metadata",
    () => ({ metadata: { a: "a".repeat(16_000) }, extendedMetadata: { b: "b".repeat(16_000) } }),
    /the limit is 32000/u,
  ],
  ["eleven free-form tags", () => ({ freeformTags: MANY }), /maximum number of freeform tags is 10/u],
  ["a tag's key with a dot", () => ({ freeformTags: { "a.b": "c" } }), /Invalid freeform tag key/u],
  ["a tag's long value", () => ({ freeformTags: { a: "a".repeat(257) } }), /longer than 256/u],
  [
    "a public address in a private subnet",
    () => ({ createVnicDetails: { subnetId: given.cloud.privateSubnet, assignPublicIp: true } }),
    /prohibits public IPs/u,
  ],
  [
    "six security groups",
    () => ({ createVnicDetails: { subnetId: given.cloud.publicSubnet, nsgIds: ["a", "b", "c", "d", "e", "f"] } }),
    /between 0 and 5/u,
  ],
  [
    "a host name with an underscore",
    () => ({ createVnicDetails: { subnetId: given.cloud.publicSubnet, hostnameLabel: "a_b" } }),
    /Invalid hostnameLabel/u,
  ],
  [
    "preemptible bare metal",
    () => ({ shape: "BM.Standard.E4.128", shapeConfig: undefined as never, preemptibleInstanceConfig: PREEMPTIBLE }),
    /not supported for preemptible/u,
  ],
  [
    "a preemptible burstable shape",
    () => ({
      shapeConfig: { ocpus: 1, baselineOcpuUtilization: "BASELINE_1_8" as never },
      preemptibleInstanceConfig: PREEMPTIBLE,
    }),
    /burstable/u,
  ],
])("a launch with %s is refused and makes nothing", async (_what, more, words) => {
  const { cloud, sdk } = given;
  const said = await refusal(sdk.launch(more()));
  expect(said).toMatch(/^400 InvalidParameter: /u);
  expect(said).toMatch(words);
  expect([cloud.machines, cloud.account.bootVolumes.all]).toEqual([[], []]);
});

function image(family?: string): models.InstanceSourceViaImageDetails {
  return { sourceType: "image", imageId: given.sdk.image(family) };
}

test.each<[string, () => Launch, RegExp]>([
  ["a shape", () => ({ shape: "VM.None" }), /^404 NotAuthorizedOrNotFound: shape VM\.None not found$/u],
  [
    "an image",
    () => ({ sourceDetails: { sourceType: "image", imageId: "ocid1.image.oc1.iad.none" } }),
    /^404 NotAuthorizedOrNotFound: image/u,
  ],
  [
    "a subnet",
    () => ({ createVnicDetails: { subnetId: "ocid1.subnet.oc1.iad.none" } }),
    /^404 NotAuthorizedOrNotFound: subnet/u,
  ],
  [
    "a security group",
    () => ({ createVnicDetails: { subnetId: given.cloud.publicSubnet, nsgIds: ["none"] } }),
    /^404 NotAuthorizedOrNotFound: Net/u,
  ],
  [
    "a compartment",
    () => ({ compartmentId: "ocid1.compartment.oc1..none" }),
    /^404 NotAuthorizedOrNotFound: Authorization failed/u,
  ],
  [
    "a namespace of tags",
    () => ({ definedTags: { Nobody: { CostCenter: "1" } } }),
    /^400 RelatedResourceNotAuthorizedOrNotFound: .*TagNamespace Nobody does not exists\./u,
  ],
  [
    "a key of a namespace of tags",
    () => ({ definedTags: { Operations: { Nothing: "1" } } }),
    /^400 RelatedResourceNotAuthorizedOrNotFound: .*Operations\.Nothing/u,
  ],
  [
    "nothing to boot from",
    () => ({ sourceDetails: undefined as never }),
    /^400 CannotParseRequest: Incorrectly formatted request\./u,
  ],
])("a launch that names %s that is not there is refused", async (_what, more, words) => {
  expect(await refusal(given.sdk.launch(more()))).toMatch(words);
  expect(given.cloud.machines).toEqual([]);
});

test("a launch takes defined tags, memory by its OCPUs, and options for security", async () => {
  const { cloud, sdk } = given;
  const instance = await sdk.launch({
    definedTags: { Operations: { CostCenter: "42" } },
    shapeConfig: { ocpus: 2 },
    isPvEncryptionInTransitEnabled: true,
    instanceOptions: { areLegacyImdsEndpointsDisabled: true },
    metadata: { user_data: Buffer.from("#cloud-config\n").toString("base64") },
    createVnicDetails: { subnetId: cloud.publicSubnet, hostnameLabel: "node-1" },
  });
  expect(instance.shapeConfig).toMatchObject({ ocpus: 2, memoryInGBs: 32, vcpus: 4 });
  const [machine] = cloud.machines;
  expect(machine).toMatchObject({
    definedTags: { Operations: { CostCenter: "42" } },
    isEncryptedInTransit: true,
    hasLegacyImds: false,
  });
  expect(machine?.userData?.toString()).toBe("#cloud-config\n");
  expect(
    await refusal(sdk.launch({ createVnicDetails: { subnetId: cloud.publicSubnet, hostnameLabel: "node-1" } })),
  ).toMatch(/^409 Conflict: .*node-1/u);
});

test("a missing right looks like a missing thing", async () => {
  const { cloud, sdk } = given;
  cloud.account.forbidden = new Set(["LaunchInstance"]);
  expect(await refusal(sdk.launch())).toBe(
    "404 NotAuthorizedOrNotFound: Authorization failed or requested resource not found.",
  );
});

test("service limits and quotas count OCPUs and memory of an availability domain", async () => {
  const { cloud, sdk } = given;
  const [, second = ""] = cloud.account.availabilityDomains;
  cloud.account.limits = { "standard-e4-core-count": 2, "standard-e4-memory-count": 64 };
  await sdk.launch();
  expect(await refusal(sdk.launch({ shapeConfig: { ocpus: 2, memoryInGBs: 64 } }))).toBe(
    "400 LimitExceeded: The following service limits were exceeded: standard-e4-core-count, standard-e4-memory-count. Request a service limit increase from the service limits page in the console. ",
  );
  const { compartmentId, availabilityDomain } = sdk.details();
  const limit = `/20190729/services/compute/limits/standard-e4-core-count/resourceAvailability`;
  const query = `compartmentId=${compartmentId}&availabilityDomain=${encodeURIComponent(availabilityDomain)}`;
  expect(await sdk.json(`${limit}?${query}`)).toMatchObject({ used: 1, available: 1 });
  await sdk.launch({ availabilityDomain: second, shapeConfig: { ocpus: 2, memoryInGBs: 32 } });
  await sdk.launch({ shape: "VM.Standard2.1", shapeConfig: undefined as never });
  cloud.account.quotas = { "standard2-core-count": 1 };
  expect(await refusal(sdk.launch({ shape: "VM.Standard2.1", shapeConfig: undefined as never }))).toMatch(
    /^400 QuotaExceeded: The following compartment quotas were exceeded: standard2-core-count in policy /u,
  );
});
