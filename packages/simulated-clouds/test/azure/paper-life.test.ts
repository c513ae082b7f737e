import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP } from "./sdk.ts";

const given = freshAzure({ boot: "paper" });

test("a scheduler and a scale set's workers find each other and leave nothing", async () => {
  const { cloud, sdk } = given;
  const { virtualMachines, virtualMachineScaleSets: sets } = sdk.compute;
  const told = new ToldCluster("lab");
  const vm = sdk.vm();
  const customData = Buffer.from(told.scheduler()).toString("base64");
  await virtualMachines.createOrUpdate(GROUP, "s", { ...vm, osProfile: { ...vm.osProfile, customData } }, sdk.often);
  await until("the scheduler", () => cloud.paper.scheduler("lab") !== undefined);
  const [scheduler] = cloud.machines;
  const worker = Buffer.from(told.worker(scheduler?.privateAddress ?? "")).toString("base64");
  const set = sdk.scaleSet(3);
  const profile = set.virtualMachineProfile;
  await sets.createOrUpdate(
    GROUP,
    "workers",
    { ...set, virtualMachineProfile: { ...profile, osProfile: { ...profile?.osProfile, customData: worker } } },
    sdk.often,
  );
  await until("three workers", () => cloud.paper.scheduler("lab")?.workers.size === 3);
  expect(cloud.leftovers("lab").map(({ kind }) => kind)).toEqual([
    ...Array.from({ length: 4 }, () => "virtual machine"),
    "scale set",
  ]);
  await virtualMachines.delete(GROUP, "s", sdk.often);
  await sets.delete(GROUP, "workers", { ...sdk.often, forceDeletion: true });
  expect(cloud.leftovers("lab")).toEqual([]);
});
