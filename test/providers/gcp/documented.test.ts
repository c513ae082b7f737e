import { expect, test } from "vitest";

import { gcpFields } from "../../../providers/gcp/options/schema.ts";
import { messageOf } from "../../../src/errors.ts";
import { isolatedState } from "../../support/local-state.ts";
import { documentedPermissions, PAGE } from "./documented-role.ts";
import { anHour, TestProject } from "./project.ts";

isolatedState();

test("the page lists every option specific to Google Cloud and no other", () => {
  const rows = [...PAGE.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gmu)].flatMap(
    ([, cell = ""]) => cell.match(/\w+/gu) ?? [],
  );
  const own = ["workers", ...Object.keys(gcpFields)];
  expect(new Set(rows)).toEqual(new Set(own));
  expect(rows).toHaveLength(own.length);
});

test("the documented role allows a full lifecycle and nothing more", async () => {
  await using project = await TestProject.open({
    boot: "paper",
    images: [{ name: "mine", family: "mine" }],
    capacity: [{ provisioningModel: "SPOT", vms: 1 }],
  });
  const { permissions } = project.cloud.account;
  permissions.allowOnly(documentedPermissions());
  const lives = [
    { publicIp: false, allowedCidrs: undefined },
    { sourceImage: "family/mine", spot: "with-fallback" as const },
    {},
  ];
  for (const options of lives) {
    const cluster = await project.cluster({ nWorkers: 2, ...options }).start();
    await cluster.scale(0);
    const [scheduler] = await cluster.machines();
    if (scheduler !== undefined) await cluster.verbs.console(scheduler, anHour());
    await cluster.close();
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  }
  // The tear-down of a disk that has outlived its machine is a test of its own; the simulated cloud asks nothing for labels of disks.
  const used = new Set([...permissions.used, "compute.disks.delete", "compute.disks.setLabels"]);
  expect([...used].sort()).toEqual(documentedPermissions());
});

test("a service account for the machines also needs iam.serviceAccounts.actAs, as the page says", async () => {
  await using project = await TestProject.open();
  const { permissions } = project.cloud.account;
  permissions.allowOnly([...documentedPermissions(), "compute.instances.setServiceAccount"]);
  const cluster = project.cluster({ serviceAccount: "default" });
  expect(await cluster.start().then(() => "started", messageOf)).toContain("iam.serviceAccounts.actAs");
  expect(PAGE).toContain("`iam.serviceAccounts.actAs`");
});
