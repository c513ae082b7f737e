import { describe, expect, it } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshGcp, sharedGcp } from "./fresh-gcp.ts";
import { bulk, instance, refusal, ZONE } from "./sdk.ts";

const GPU_ZONE = "us-central1-c";
const t4 = { acceleratorType: `zones/${GPU_ZONE}/acceleratorTypes/nvidia-tesla-t4`, acceleratorCount: 1 };

describe("the end of a VM", () => {
  const ends: (() => void)[] = [];
  const bootloader = {
    boot: async () => {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      return { listens: [], ended, console: async () => "up", powerOff: async () => undefined };
    },
  };
  const fresh = freshGcp({ boot: bootloader });
  const names = (): readonly string[] => fresh.cloud.machines.map(({ name, status }) => `${name} ${status}`);

  it("follows maxRunDuration by deletion or stop", async () => {
    const { sdk } = fresh;
    const limited = (action: string): Record<string, unknown> => {
      return { scheduling: { maxRunDuration: { seconds: "60" }, instanceTerminationAction: action } };
    };
    await sdk.bulkInsert(bulk(2, {}, limited("DELETE")));
    await sdk.insert(instance("kept", limited("STOP")));
    await until(
      "both to be over",
      () => names().join() === "kept TERMINATED",
      5000,
      () => names().join(),
    );
    expect((await sdk.get("kept")).resourceStatus?.scheduling?.terminationTimestamp).toMatch(/^20/u);
  });

  it("is a stopped VM that still exists when the guest powers off", async () => {
    const { cloud, sdk } = fresh;
    ends.length = 0;
    await sdk.insert(
      instance("vm-1", { scheduling: { provisioningModel: "SPOT", instanceTerminationAction: "DELETE" } }),
    );
    await until("the boot", () => ends.length === 1, 5000);
    ends[0]?.();
    await until(
      "the end",
      () => names().join() === "vm-1 TERMINATED",
      5000,
      () => names().join(),
    );
    expect(cloud.leftovers("x")).toEqual([]);
    expect(cloud.account.vms.disks).toHaveLength(1);
    await sdk.done(await sdk.delete("vm-1"));
    expect([names(), cloud.account.vms.disks]).toEqual([[], []]);
  });

  it("of a preempted Spot VM follows its scheduling; a host failure stops any other", async () => {
    const { cloud, sdk } = fresh;
    await sdk.insert(
      instance("gone", { scheduling: { provisioningModel: "SPOT", instanceTerminationAction: "DELETE" } }),
    );
    await sdk.insert(instance("spot", { scheduling: { provisioningModel: "SPOT" } }));
    await sdk.insert(instance("standard"));
    for (const { id } of cloud.machines) cloud.kill(id);
    const expected = "spot TERMINATED, standard TERMINATED";
    await until(
      "all to be over",
      () => names().join(", ") === expected,
      5000,
      () => names().join(", "),
    );
    expect(() => cloud.kill("gone")).toThrow("no VM");
  });

  it("is a stop, and then a delete requested meanwhile", async () => {
    const { sdk } = fresh;
    await sdk.done(await sdk.insert(instance("vm-1")));
    await sdk.instances.stop({ project: sdk.project, zone: ZONE, instance: "vm-1" });
    expect(await sdk.done(await sdk.delete("vm-1"))).toEqual([]);
    expect(names()).toEqual([]);
  });
});

describe("scheduling", () => {
  const shared = sharedGcp();
  const gpu = { machineType: `zones/${GPU_ZONE}/machineTypes/n1-standard-4`, guestAccelerators: [t4] };
  const spot = { provisioningModel: "SPOT" };
  const refused: [what: string, more: Record<string, unknown>, message: RegExp][] = [
    ["Spot with restart", { scheduling: { ...spot, automaticRestart: true } }, /AutomaticRestart/u],
    ["Spot that migrates", { scheduling: { ...spot, onHostMaintenance: "MIGRATE" } }, /OnHostMaintenance/u],
    ["an action without an end", { scheduling: { instanceTerminationAction: "DELETE" } }, /termination action/u],
    ["an end without an action", { scheduling: { maxRunDuration: { seconds: "60" } } }, /termination action/u],
    [
      "29 seconds",
      { scheduling: { maxRunDuration: { seconds: "29" }, instanceTerminationAction: "DELETE" } },
      /between 30 seconds/u,
    ],
    [
      "121 days",
      { scheduling: { maxRunDuration: { seconds: 121 * 86_400 }, instanceTerminationAction: "DELETE" } },
      /120 days/u,
    ],
    ["a GPU that migrates", gpu, /live migration/u],
    [
      "a GPU on E2",
      { guestAccelerators: [t4], scheduling: { onHostMaintenance: "TERMINATE" } },
      /features are not compatible/u,
    ],
    ["three GPUs", { ...gpu, guestAccelerators: [{ ...t4, acceleratorCount: 3 }] }, /one of 1, 2, 4/u],
    ["a bare GPU name", { ...gpu, guestAccelerators: [{ ...t4, acceleratorType: "nvidia-tesla-t4" }] }, /malformed/u],
  ];
  it.each(refused)("refuses %s", async (_, more, message) => {
    const base = instance("vm-1", {}, GPU_ZONE);
    const answer = await refusal(shared.sdk.insert({ ...base, ...more }, { zone: GPU_ZONE }));
    expect(answer).toEqual({ status: 400, message: expect.stringMatching(message) as string });
  });

  it("knows the zones of GPUs and the types that include them", async () => {
    const { cloud, sdk } = shared;
    const scheduling = { onHostMaintenance: "TERMINATE" };
    await sdk.insert(instance("n1", { ...gpu, scheduling }, GPU_ZONE), { zone: GPU_ZONE });
    await sdk.insert(instance("g2", { machineType: `zones/${ZONE}/machineTypes/g2-standard-24`, scheduling }));
    expect((await sdk.get("g2")).guestAccelerators).toMatchObject([{ acceleratorCount: 2 }]);
    const bare = { ...(bulk(1)["instanceProperties"] as object), machineType: "n1-standard-4", scheduling };
    const bareGpu = { ...bare, guestAccelerators: [{ ...t4, acceleratorType: "nvidia-tesla-t4" }] };
    await sdk.bulkInsert(bulk(1, { instanceProperties: bareGpu }), { zone: GPU_ZONE });
    expect(cloud.machines).toHaveLength(3);
    const nowhere = instance(
      "vm-1",
      { machineType: "zones/europe-west1-d/machineTypes/g2-standard-4" },
      "europe-west1-d",
    );
    expect(await refusal(sdk.insert(nowhere, { zone: "europe-west1-d" }))).toMatchObject({ status: 404 });
    const [type] = await sdk.machineTypes.get({ project: sdk.project, zone: ZONE, machineType: "g2-standard-24" });
    expect(type).toMatchObject({
      guestCpus: 24,
      architecture: "X86_64",
      accelerators: [{ guestAcceleratorType: "nvidia-l4", guestAcceleratorCount: 2 }],
    });
  });
});
