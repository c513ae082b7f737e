import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import type * as z from "zod";

import { TAG, tagsFor, tagsFrom } from "../../../providers/digitalocean/tags/tags.ts";
import { labelsFrom } from "../../../providers/gcp/tags/tags.ts";
import { workerGroupSchema, workerGroupsSchema } from "../../../src/cluster/groups.ts";
import { clusterTags, groupIn, OUR_TAGS } from "../../../src/provider/tags.ts";
import { GROUP_NAME, groupOf, optionsFor, type WorkerGroup, withinBounds } from "../../../src/provider/worker-group.ts";

const LONGEST = { name: `c${"9".repeat(39)}`, id: "0123456789abcdef" };
const groupName = fc.stringMatching(GROUP_NAME);

describe("Tags of a group's machines", () => {
  test("name the group; those of the group `default` match older versions", () => {
    const cluster = { name: "lab", id: "0123456789abcdef" };
    const plain = { creator: "dask-fleet", "cluster-name": "lab", "cluster-id": cluster.id, role: "worker" };
    expect(clusterTags(cluster, "worker", undefined)).toEqual(plain);
    expect(clusterTags(cluster, "worker", undefined, "default")).toEqual(plain);
    expect(clusterTags(cluster, "worker", undefined, "gpu")).toEqual({ ...plain, "worker-group": "gpu" });
    expect(OUR_TAGS).toEqual(expect.arrayContaining(Object.keys(clusterTags(cluster, "worker", new Date(), "gpu"))));
  });

  test("survive every cloud's tag limits, whatever the name", () => {
    fc.assert(
      fc.property(groupName, (name) => {
        const tags = clusterTags(LONGEST, "worker", new Date(4e12), name);
        const expected = name === "default" ? undefined : name;
        expect([groupIn(tags), groupIn(labelsFrom(tags)), groupIn(tagsFrom(tagsFor(tags)))]).toEqual(
          Array.from({ length: 3 }, () => expected),
        );
        expect(tagsFor(tags).filter((tag) => !TAG.test(tag))).toEqual([]);
      }),
    );
  });

  test("with an invalid group name, or set by the user for another purpose, name none", () => {
    for (const group of ["", "GPU", "../gpu", "g".repeat(21), "gpu-"]) {
      expect(groupIn({ "worker-group": group })).toBeUndefined();
    }
    expect(groupIn({ group: "gpu" })).toBeUndefined();
    expect(groupIn(undefined)).toBeUndefined();
  });
});

test("A worker without a group tag belongs to the group `default`, and the scheduler to none", () => {
  expect(groupOf({ role: "worker" })).toBe("default");
  expect(groupOf({ role: "worker", group: "gpu" })).toBe("gpu");
  expect(groupOf({ role: "scheduler" })).toBeUndefined();
});

test("The public type of a group is what the schema gives", () => {
  expectTypeOf<z.output<typeof workerGroupSchema>>().toEqualTypeOf<WorkerGroup>();
});

test("A group's options replace the cluster's, each as a whole", () => {
  const group = workerGroupSchema.parse({
    name: "gpu",
    size: 1,
    quorum: 1,
    options: { envVars: { A: "1" }, spot: true },
  });
  const options = { envVars: { B: "2" }, spot: false, diskSize: 50 };
  expect(optionsFor(options, group)).toEqual({ envVars: { A: "1" }, spot: true, diskSize: 50 });
  expect(optionsFor(options, undefined)).toBe(options);
});

describe("Groups", () => {
  const good = { name: "gpu", size: 2, quorum: 1 };

  test.each([
    ["a size below the minimum", [{ ...good, minimum: 3 }]],
    ["a size above the maximum", [{ ...good, maximum: 1 }]],
    ["a quorum above the size", [{ ...good, quorum: 3 }]],
    ["a name invalid in tags", [{ ...good, name: "Gpu!" }]],
    ["a duplicate name", [good, { ...good, size: 1 }]],
    ["an empty list", []],
  ])("with %s are refused", (_what, groups) => {
    expect(workerGroupsSchema.safeParse(groups).success).toBe(false);
    expect(workerGroupsSchema.safeParse([good]).success).toBe(true);
  });

  test("never have a size outside their bounds", () => {
    const gpu = workerGroupSchema.parse({ ...good, minimum: 1, maximum: 4 });
    expect([0, 1, 3, 4, 9].map((machines) => withinBounds(machines, gpu))).toEqual([1, 1, 3, 4, 4]);
    expect(withinBounds(1e6, workerGroupSchema.parse(good))).toBe(1e6);
  });
});
