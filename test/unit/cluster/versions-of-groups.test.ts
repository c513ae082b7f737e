import { expect, test } from "vitest";

import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, type FakeOptions, ownStateDirectory } from "./fake-cluster.ts";

ownStateDirectory();

const OLD = { distributed: "2025.1.0" };

/** A cloud whose workers of some groups have an old Dask. */
async function cloudWithOld(...groups: readonly string[]): Promise<FakeCloud> {
  const cloud = await FakeCloud.open();
  cloud.dask.versionsOf = (worker) => (groups.includes(cloud.machines.get(worker)?.group ?? "default") ? OLD : {});
  return cloud;
}

function heardFrom(options: FakeOptions): { readonly cluster: FakeCluster; readonly warnings: string[] } {
  const cluster = new FakeCluster(options);
  const warnings: string[] = [];
  cluster.onProgress((event) => {
    if (event.type === "warning") warnings.push(event.message);
  });
  return { cluster, warnings };
}

test("A start warns once of each group whose versions differ from the scheduler's", async () => {
  await using cloud = await cloudWithOld("gpu", "big");
  const groups = ["cpu", "gpu", "big"].map((name) => ({ name, size: 2, quorum: 2 }));
  const { cluster, warnings } = heardFrom({ cloud, groups });
  await using _ = await cluster.start();
  expect(warnings).toEqual(
    ["gpu", "big"].map(
      (name) =>
        `The scheduler and the workers of the group ${name} run different versions: distributed (none) and 2025.1.0.`,
    ),
  );
});

test("A group that starts empty is compared when its first machine joins, and never again", async () => {
  await using cloud = await cloudWithOld("gpu");
  const { cluster, warnings } = heardFrom({
    cloud,
    groups: [
      { name: "cpu", size: 1, quorum: 1 },
      { name: "gpu", size: 0, quorum: 0 },
    ],
  });
  await using _ = await cluster.start();
  expect(warnings).toEqual([]);
  await cluster.scale({ gpu: 1 });
  await until("the group to be compared", () => warnings.length > 0);
  expect(warnings).toEqual([expect.stringContaining("the workers of the group gpu run different versions")]);
  const compared = cloud.dask.asked.get("versions");
  await cluster.scale({ gpu: 3, cpu: 2 });
  expect([warnings.length, cloud.dask.asked.get("versions")]).toEqual([1, compared]);
});

test("A comparison that Dask does not answer is made again for the group's next machine", async () => {
  await using cloud = await cloudWithOld("default");
  const { cluster, warnings } = heardFrom({ cloud });
  await using _ = await cluster.start();
  // As one that leaves at that moment.
  cloud.dask.refuses = new Set(["versions"]);
  await cluster.scale(1);
  await until("a first try", () => cloud.dask.asked.has("versions"));
  cloud.dask.refuses = new Set();
  await cluster.scale(2);
  await until("the group to be compared", () => warnings.length > 0);
  expect(warnings).toEqual(["The scheduler and its workers run different versions: distributed (none) and 2025.1.0."]);
});
