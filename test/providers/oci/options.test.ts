import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { OCICluster, type OCIClusterOptions } from "../../../providers/oci/index.ts";
import { configOf } from "../../../providers/oci/machines/machine-types.ts";
import { listInstances } from "../../../providers/oci/machines/machines.ts";
import { resolveOciOptions } from "../../../providers/oci/options/resolved-options.ts";
import { ociAccess } from "../../../src/stores/credentials/oci.ts";
import { fetchSecret } from "../../../src/stores/fetch-secret.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestTenancy } from "./tenancy.ts";

isolatedState();

test.each<[string, OCIClusterOptions, RegExp]>([
  ["a compartment by its name", { compartmentId: "dask" }, /an OCID such as "ocid1\.compartment\.oc1/],
  ["an image by its name", { image: "Ubuntu" }, /an OCID such as "ocid1\.image/],
  ["a fault domain that is none", { faultDomain: "FD-1" }, /a fault domain such as "FAULT-DOMAIN-1"/],
  ["a boot volume that is too small", { bootVolumeSizeInGBs: 40 }, /50/],
  ["a tag of dask-fleet's own", { tags: { creator: "me" } }, /is dask-fleet's own/],
  ["a tag with a dot", { freeformTags: { "a.b": "c" } }, /without spaces and dots/],
  [
    "more freeform tags than there is room for",
    { tags: { a: "1", b: "2", c: "3", d: "4", e: "5" } },
    /more than 4 tags\. OCI takes ten freeform tags, and dask-fleet needs 6: use `definedTags`/,
  ],
  ["a subnet in the override", { launchInstance: { createVnicDetails: { subnetId: "x" } } }, /use subnetId/],
  ["user data in the override", { launchInstance: { metadata: { user_data: "x" } } }, /extraBootstrap/],
  ["a tag of a group's that OCI does not take", { workers: { gpu: { tags: { "a b": "c" } } } }, /workers\.gpu\.tags/],
])("options refuse %s", (_what, options, words) => {
  expect(() => new OCICluster(options)).toThrow(words);
});

test("OCI's names and the common names are the same options", () => {
  const common = { instanceType: "VM.Standard3.Flex", diskSize: 60, spot: true, tags: { a: "b" } };
  const own = { shape: "VM.Standard3.Flex", bootVolumeSizeInGBs: 60, preemptible: true, freeformTags: { a: "b" } };
  expect(resolveOciOptions("oci", own)).toEqual(resolveOciOptions("oci", common));
  const places = { availabilityZone: "AD-1", securityGroups: ["ocid1.networksecuritygroup.oc1.iad.a"] };
  expect(resolveOciOptions("oci", places)).toMatchObject({
    availabilityDomain: "AD-1",
    nsgIds: ["ocid1.networksecuritygroup.oc1.iad.a"],
  });
});

test.each([
  ["VM.Standard.E4.Flex", {}, { ocpus: 1, memoryInGBs: 8 }],
  ["VM.Standard.A1.Flex", {}, { ocpus: 2, memoryInGBs: 8 }],
  ["VM.Standard.E5.Flex", { ocpus: 4 }, { ocpus: 4, memoryInGBs: 32 }],
  ["VM.Standard.E5.Flex", { ocpus: 4, memoryInGBs: 16 }, { ocpus: 4, memoryInGBs: 16 }],
  ["VM.Standard2.1", {}, undefined],
])("a flexible shape has a size without a word: %s %o", (shape, size, config) => {
  expect(configOf(shape, { ocpus: undefined, memoryInGBs: undefined, ...size })).toEqual(config);
});

test.each<[string, OCIClusterOptions, RegExp]>([
  ["a shape that the region has not", { shape: "VM.Standard.Z9.Flex" }, /has no shape VM\.Standard\.Z9\.Flex/],
  ["more OCPUs than the shape has", { ocpus: 1000 }, /OCPUs, not 1000: change `ocpus`/],
  ["less memory than the shape takes", { ocpus: 64, memoryInGBs: 8 }, /GB of memory with 64 OCPUs, not 8/],
  ["an availability domain that is none", { availabilityDomain: "AD-9" }, /no availability domain AD-9/],
  ["an image that is none", { image: "ocid1.image.oc1.iad.nothing" }, /`image` names, cannot be used/],
  ["a subnet that is none", { subnetId: "ocid1.subnet.oc1.iad.nothing" }, /`subnetId` names, does not exist/],
  ["GPUs in some shapes only", { instanceTypes: ["VM.GPU.A10.1"] }, /either all must have NVIDIA GPUs or none/],
])("a start refuses %s and creates nothing", async (_what, options, words) => {
  await using tenancy = await TestTenancy.open();
  await expect(tenancy.cluster(options).start()).rejects.toThrow(words);
  expect(tenancy.mutations).toEqual([]);
});

test("a public address in a private subnet is refused", async () => {
  await using tenancy = await TestTenancy.open();
  const cluster = tenancy.cluster({ subnetId: tenancy.cloud.privateSubnet });
  await expect(cluster.start()).rejects.toThrow(
    /prohibits public addresses: set `publicIp` or `workerPublicIp` to false/,
  );
});

test("a compartment without a VCN is told how to get one", async () => {
  await using tenancy = await TestTenancy.open({ vcn: false });
  await expect(tenancy.cluster().start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/has no VCN .* create one with "Create VCN with Internet connectivity"/u),
  });
});

test("missing credentials are told with the file that was looked at", async () => {
  vi.stubEnv("OCI_CLI_CONFIG_FILE", "/nonexistent/config");
  await expect(new OCICluster().start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    meaning: "credentials",
    message: expect.stringMatching(/the profile DEFAULT of \/nonexistent\/config: run "oci setup config"/u),
  });
});

test("a profile that is not in the file is named", async () => {
  await using tenancy = await TestTenancy.open();
  await expect(tenancy.cluster({ profile: "NOBODY" }).start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringContaining("the profile NOBODY of "),
  });
});

test.each([
  ["no passphrase", "aes", "", "its key_file is encrypted: set pass_phrase in the profile"],
  ["a wrong one", "aes", "pass_phrase=canary-4711", "its pass_phrase does not open its key_file"],
  ["no key in it", "nothing", "", "its key_file has no private key in PEM"],
])("a key file with %s is told, and does not end the process", async (_what, kind, line, words) => {
  const home = mkdtempSync(join(tmpdir(), "dask-fleet-oci-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const encrypted = { type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "right" } as const;
  writeFileSync(join(home, "key.pem"), kind === "aes" ? privateKey.export(encrypted) : "nothing");
  const lines = ["[DEFAULT]", "user=u", "tenancy=t", "fingerprint=aa", "region=us-ashburn-1"];
  writeFileSync(join(home, "config"), [...lines, `key_file=${join(home, "key.pem")}`, line, ""].join("\n"));
  vi.stubEnv("OCI_CLI_CONFIG_FILE", join(home, "config"));
  await expect(new OCICluster().start()).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringContaining(words),
  });
  const authority = { store: "oci-cert-authority", ocid: "ocid1.certificateauthority.oc1.iad.a" } as const;
  const fetched = fetchSecret(authority, "ca", new AbortController().signal);
  await expect(fetched).rejects.toMatchObject({ code: "AUTH_FAILED", message: expect.stringContaining(words) });
  await expect(fetched).rejects.not.toMatchObject({ message: expect.stringContaining("canary") });
});

test("a session's token signs, and the next one that `oci session refresh` writes", async () => {
  await using tenancy = await TestTenancy.open();
  const { cloud } = tenancy;
  const home = mkdtempSync(join(tmpdir(), "dask-fleet-oci-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const write = (name: string, text: string): string => (writeFileSync(join(home, name), text), join(home, name));
  const files = { key_file: write("key.pem", cloud.key.privateKeyPem), security_token_file: write("token", "first") };
  const settings = { tenancy: cloud.tenancy, fingerprint: cloud.key.fingerprint, region: cloud.region, ...files };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  vi.stubEnv("OCI_CLI_CONFIG_FILE", write("config", ["[DEFAULT]", ...lines, ""].join("\n")));
  cloud.keys.clear();
  cloud.keys.set("ST$first", cloud.key.publicKey);
  const api = await tenancy.api();
  const { signal } = new AbortController();
  await expect(listInstances(api, undefined, signal)).resolves.toEqual([]);
  cloud.keys.delete("ST$first");
  cloud.keys.set("ST$second", cloud.key.publicKey);
  write("token", "second");
  const now = Date.now();
  vi.spyOn(Date, "now").mockReturnValue(now + 15_000);
  onTestFinished(() => void vi.restoreAllMocks());
  await expect(listInstances(api, undefined, signal)).resolves.toEqual([]);
  const { headersFor } = await ociAccess({ store: "oci-vault", ocid: "ocid1.vaultsecret.oc1.iad.a" }, signal);
  expect((await headersFor("https://example.com/"))["authorization"]).toContain('keyId="ST$second"');
});

test("the tenancy is the compartment where nobody names one, and a notebook's session has its own", async () => {
  await using tenancy = await TestTenancy.open();
  vi.stubEnv("DASK_CLOUDPROVIDER__OCI__COMPARTMENT_ID", undefined);
  expect((await tenancy.api({ compartmentId: undefined })).compartmentId).toBe(tenancy.cloud.tenancy);
  vi.stubEnv("NB_SESSION_COMPARTMENT_OCID", tenancy.cloud.compartment);
  expect((await tenancy.api({ compartmentId: undefined })).compartmentId).toBe(tenancy.cloud.compartment);
});
