import { describe, expect, it } from "vitest";

import { freshGcp, sharedGcp } from "./fresh-gcp.ts";
import { bootDisk, instance, refusal, ZONE } from "./sdk.ts";

describe("instances.insert", () => {
  const fresh = freshGcp({ listLagMs: 0, pendingMs: 800_000, stoppingMs: 100_000 });

  it("creates a VM with an address of its subnet at once, and a public one only on request", async () => {
    const { cloud, sdk } = fresh;
    // The SDK's first call and first answer take their time.
    await sdk.insert(instance("vm-0"));
    await sdk.get("vm-0");
    const wanted = { labels: { "cluster-name": "c1" }, tags: { items: ["dask"] } };
    const operation = await sdk.insert(instance("vm-1", wanted));
    const before = await sdk.get("vm-1");
    expect(before.status).toMatch(/^(?:PROVISIONING|STAGING)$/u);
    expect(before.networkInterfaces?.[0]?.networkIP).toBe(cloud.machines[1]?.privateAddress);
    expect(await sdk.done(operation)).toEqual([]);
    expect((await sdk.get("vm-1")).status).toBe("RUNNING");
    expect(cloud.machines[1]).toMatchObject({ publicAddress: undefined, subnetwork: "default", tags: ["dask"] });
    const [subnetwork] = await sdk.subnetworks.get({
      project: sdk.project,
      region: "us-central1",
      subnetwork: "default",
    });
    expect(subnetwork.ipCidrRange?.split(".")[1]).toBe(before.networkInterfaces?.[0]?.networkIP?.split(".")[1]);
    await sdk.insert(instance("vm-2", { networkInterfaces: [{ accessConfigs: [{ type: "ONE_TO_ONE_NAT" }] }] }));
    const nat = (await sdk.get("vm-2")).networkInterfaces?.[0]?.accessConfigs?.[0]?.natIP;
    expect(nat).toBe(cloud.machines[2]?.publicAddress);
    expect(nat).toMatch(/^127\./u);
  });

  it("decodes user data like cloud-init, and shows the boot's console", async () => {
    const { cloud, sdk } = fresh;
    const items = [
      { key: "user-data", value: Buffer.from("#!/bin/true").toString("base64") },
      { key: "user-data-encoding", value: "base64" },
    ];
    await sdk.done(await sdk.insert(instance("vm-1", { metadata: { items } })));
    expect(cloud.machines[0]?.userData?.toString()).toBe("#!/bin/true");
    await cloud.clock.sleep(900_000);
    const where = { project: sdk.project, zone: ZONE, instance: "vm-1" };
    const [output] = await sdk.instances.getSerialPortOutput(where);
    expect(output.contents).not.toBe("");
    expect(Number(output.next)).toBe(Buffer.byteLength(output.contents ?? ""));
    const [tail] = await sdk.instances.getSerialPortOutput({ ...where, start: -4 });
    expect(tail.contents).toBe(output.contents?.slice(-4));
  });

  it("refuses taken and invalid names", async () => {
    const { sdk } = fresh;
    await sdk.insert(instance("vm-1"));
    expect(await refusal(sdk.insert(instance("vm-1")))).toMatchObject({ status: 409 });
    for (const name of ["Vm", "1vm", "vm-", "v".repeat(64), "v_m"]) {
      expect(await refusal(sdk.insert(instance(name)))).toMatchObject({ status: 400 });
    }
  });

  it("keeps disks without autoDelete", async () => {
    const { cloud, sdk } = fresh;
    await sdk.done(await sdk.insert(instance("vm-1", { disks: [bootDisk({}, { autoDelete: false })] })));
    await sdk.done(await sdk.delete("vm-1"));
    expect(cloud.machines).toEqual([]);
    const where = { project: sdk.project, zone: ZONE };
    const [disks] = await sdk.disks.list(where);
    expect(disks.map(({ name }) => name)).toEqual(["vm-1"]);
    expect(await refusal(sdk.insert(instance("vm-1")))).toMatchObject({ status: 409 });
    await sdk.disks.delete({ ...where, disk: "vm-1" });
    await cloud.clock.sleep(810_000);
    expect(await refusal(sdk.disks.delete({ ...where, disk: "vm-1" }))).toMatchObject({ status: 404 });
  });
});

describe("the fields of a VM", () => {
  const shared = sharedGcp();
  const refused: [what: string, more: Record<string, unknown>, message: RegExp, status?: number][] = [
    ["a bare machine type", { machineType: "e2-standard-2" }, /machineType/u],
    ["a machine type of another zone", { machineType: "zones/us-east1-c/machineTypes/e2-standard-2" }, /machineType/u],
    ["an unknown machine type", { machineType: `zones/${ZONE}/machineTypes/e9-huge` }, /not found/u, 404],
    ["no disks", { disks: [] }, /No disks are specified/u],
    ["no boot disk", { disks: [bootDisk({}, { boot: false })] }, /Boot disk must be the first/u],
    ["no image", { disks: [bootDisk({ sourceImage: "" })] }, /sourceImage/u],
    [
      "an image that is not there",
      { disks: [bootDisk({ sourceImage: "projects/ubuntu-os-cloud/global/images/family/ubuntu-1804-lts" })] },
      /family\/ubuntu-1804-lts' was not found/u,
      404,
    ],
    [
      "a family of which all is deprecated",
      { disks: [bootDisk({ sourceImage: "projects/ubuntu-os-cloud/global/images/family/ubuntu-2004-lts" })] },
      /was not found/u,
      404,
    ],
    ["a disk smaller than its image", { disks: [bootDisk({ diskSizeGb: 9 })] }, /smaller than the image size/u],
    ["a bare disk type", { disks: [bootDisk({ diskType: "pd-ssd" })] }, /diskType/u],
    [
      "a disk type that does not fit the machine",
      { disks: [bootDisk({ diskType: `zones/${ZONE}/diskTypes/hyperdisk-balanced` })] },
      /features are not compatible/u,
    ],
    ["an image of another architecture", { machineType: `zones/${ZONE}/machineTypes/t2a-standard-1` }, /architecture/u],
    ["no network interface", { networkInterfaces: [] }, /At least one network interface/u],
    ["an unknown network", { networkInterfaces: [{ network: "global/networks/nope" }] }, /cannot be found/u],
    [
      "a subnet of another region",
      { networkInterfaces: [{ subnetwork: "regions/us-east1/subnetworks/default" }] },
      /region of the instance/u,
    ],
    ["a label with capitals", { labels: { Owner: "me" } }, /Label keys/u],
    ["a label value with capitals", { labels: { owner: "Me" } }, /Label values/u],
    ["a long label value", { labels: { owner: "m".repeat(64) } }, /Label values/u],
    ["many labels", { labels: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, "v"])) }, /labels/u],
    ["a tag with dots", { tags: { items: ["a.b"] } }, /tags/u],
    ["a long metadata value", { metadata: { items: [{ key: "a", value: "x".repeat(262_145) }] } }, /too large/u],
    [
      "much metadata",
      { metadata: { items: ["a", "b"].map((key) => ({ key, value: "x".repeat(262_143) })) } },
      /less than 512 KB/u,
    ],
    ["a metadata key twice", { metadata: { items: [{ key: "a" }, { key: "a" }] } }, /duplicate key/u],
    ["a metadata key with a dot", { metadata: { items: [{ key: "a.b", value: "" }] } }, /regex/u],
    ["a scope's short name", { serviceAccounts: [{ email: "default", scopes: ["cloud-platform"] }] }, /scope/u],
    ["a service account without scopes", { serviceAccounts: [{ email: "default" }] }, /scope/u],
    [
      "integrity monitoring without a vTPM",
      { shieldedInstanceConfig: { enableVtpm: false, enableIntegrityMonitoring: true } },
      /vTPM/u,
    ],
  ];
  it.each(refused)("refuses %s", async (_, more, message, status = 400) => {
    const { cloud, sdk } = shared;
    const answer = await refusal(sdk.insert(instance("vm-1", more)));
    expect(answer).toEqual({ status, message: expect.stringMatching(message) as string });
    expect(cloud.machines).toEqual([]);
  });

  it("accepts correct requests, and warns of deprecated images and larger disks", async () => {
    const { cloud, sdk } = shared;
    const old = cloud.account.images.of("ubuntu-os-cloud").find(({ name }) => name.includes("focal"));
    const operation = await sdk.insert(
      instance("vm-1", {
        machineType: `https://www.googleapis.com/compute/v1/projects/${sdk.project}/zones/${ZONE}/machineTypes/e2-custom-4-8192`,
        disks: [
          bootDisk({
            sourceImage: `projects/ubuntu-os-cloud/global/images/${old?.name}`,
            diskType: `zones/${ZONE}/diskTypes/pd-balanced`,
            diskSizeGb: "50",
          }),
        ],
        serviceAccounts: [{ email: "default", scopes: ["https://www.googleapis.com/auth/cloud-platform"] }],
        labels: { creator: "dask-fleet", expires: "1795000000", empty: "" },
        shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
      }),
    );
    const { warnings } = await sdk.finished(operation);
    const codes = warnings?.map(({ code }) => code);
    expect(codes).toEqual(["DEPRECATED_RESOURCE_USED", "DISK_SIZE_LARGER_THAN_IMAGE_SIZE"]);
    const arm = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-arm64";
    const t2a = { machineType: `zones/${ZONE}/machineTypes/t2a-standard-1`, disks: [bootDisk({ sourceImage: arm })] };
    expect(await sdk.done(await sdk.insert(instance("vm-2", t2a)))).toEqual([]);
  });
});
