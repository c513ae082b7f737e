import { expect, test } from "vitest";

import { patient } from "../../../../test/support/patience.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP } from "./sdk.ts";

const MOST_CPU_MS = patient(1500);

const given = freshAzure({ boot: "none", capacity: [{ machines: 2000 }] });

test("a scale set of a thousand machines is created, listed and deleted quickly", async () => {
  const { cloud, sdk } = given;
  const { virtualMachineScaleSets: sets, virtualMachines } = sdk.compute;
  const often = { updateIntervalInMs: 20 };
  const before = process.cpuUsage();
  const { id } = await sets.createOrUpdate(GROUP, "workers", sdk.scaleSet(1000), often);
  const filter = `'virtualMachineScaleSet/id' eq '${id}'`;
  const names = new Set<string>();
  for await (const { name } of virtualMachines.list(GROUP, { filter, expand: "instanceView" })) names.add(name ?? "");
  await sets.delete(GROUP, "workers", { ...often, forceDeletion: true });
  const { user, system } = process.cpuUsage(before);
  expect([names.size, cloud.machines.length]).toEqual([1000, 0]);
  expect(cloud.calls.count("VirtualMachines_List")).toBe(5);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
});
