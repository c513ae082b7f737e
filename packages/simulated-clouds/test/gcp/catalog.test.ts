import { describe, expect, it } from "vitest";

import { sharedGcp } from "./fresh-gcp.ts";
import { bootDisk, instance, refusal, ZONE } from "./sdk.ts";

const UBUNTU = "ubuntu-os-cloud";

describe("the choices of the catalogue", () => {
  const shared = sharedGcp({
    listLagMs: 0,
    images: [{ name: "mine", family: "ours", architecture: "ARM64", diskSizeGb: 40 }],
    networks: [
      { project: "host-project", name: "shared", subnetworks: [{ name: "inner", region: "us-central1" }] },
      { name: "second" },
    ],
  });

  it("are Ubuntu's families, each with its newest image", async () => {
    const { sdk } = shared;
    const [image] = await sdk.images.getFromFamily({ project: UBUNTU, family: "ubuntu-2404-lts-arm64" });
    expect(image).toMatchObject({ architecture: "ARM64", diskSizeGb: "10", status: "READY" });
    expect(image.name).toMatch(/^ubuntu-2404-noble-arm64-v\d{8}$/u);
    const [all] = await sdk.images.list({ project: UBUNTU, filter: "family eq ubuntu-2604-.*" });
    expect(all.map(({ family, deprecated }) => `${family} ${deprecated?.state}`)).toEqual(
      expect.arrayContaining(["ubuntu-2604-lts-amd64 undefined", "ubuntu-2604-lts-amd64 DEPRECATED"]),
    );
    const [current] = await sdk.images.list({ project: UBUNTU, filter: "NOT deprecated.state:*" });
    expect(current.filter(({ family }) => family === "ubuntu-2604-lts-amd64")).toHaveLength(1);
    for (const family of ["ubuntu-2004-lts", "ubuntu-lts"]) {
      expect(await refusal(sdk.images.getFromFamily({ project: UBUNTU, family }))).toMatchObject({ status: 404 });
    }
    expect((await sdk.images.get({ project: sdk.project, image: "mine" }))[0].diskSizeGb).toBe("40");
  });

  it("are machine types by zone", async () => {
    const { sdk } = shared;
    const where = { project: sdk.project, zone: ZONE };
    const [all] = await sdk.machineTypes.list({ ...where, filter: "guestCpus = 4" });
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["e2-standard-4", "t2a-standard-4", "c4a-standard-4"]),
    );
    const [arm] = await sdk.machineTypes.get({ ...where, machineType: "c4a-standard-4" });
    expect(arm).toMatchObject({ architecture: "ARM64", guestCpus: 4, memoryMb: 16_384 });
    const elsewhere = { project: sdk.project, zone: "us-east1-c", machineType: "t2a-standard-4" };
    expect(await refusal(sdk.machineTypes.get(elsewhere))).toMatchObject({ status: 404 });
  });

  it("are networks, including those of another project, and their subnets", async () => {
    const { cloud, sdk } = shared;
    const [networks] = await sdk.networks.list({ project: sdk.project });
    expect(networks.map(({ name }) => name)).toEqual(["default", "second"]);
    const [inner] = await sdk.subnetworks.list({ project: "host-project", region: "us-central1" });
    expect(inner.map(({ name }) => name)).toEqual(["inner"]);
    expect(await refusal(sdk.networks.get({ project: sdk.project, network: "third" }))).toMatchObject({ status: 404 });
    const custom = { networkInterfaces: [{ network: "projects/host-project/global/networks/shared" }] };
    expect((await refusal(sdk.insert(instance("vm-1", custom)))).message).toMatch(/must specify a subnet/u);
    const subnetwork = "projects/host-project/regions/us-central1/subnetworks/inner";
    await sdk.insert(instance("vm-1", { networkInterfaces: [{ subnetwork }] }));
    const own = "projects/dask-project/global/images/family/ours";
    const arm = { machineType: `zones/${ZONE}/machineTypes/t2a-standard-1`, disks: [bootDisk({ sourceImage: own })] };
    await sdk.insert(instance("vm-2", { ...arm, networkInterfaces: [{ network: "global/networks/second" }] }));
    expect(cloud.machines.map(({ network, image }) => [network, image?.slice(0, 6)])).toEqual([
      ["shared", "ubuntu"],
      ["second", "mine"],
    ]);
    const [, second] = cloud.account.vms.all;
    expect(second?.machine.input.admits("127.0.0.1", 22)).toBe(false);
  });
});
