import { describe, expect, test } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import {
  assertTypes,
  candidatesFor,
  DEFAULT_INSTANCE_TYPES,
  inWords,
  typesOf,
} from "../../../providers/aws/machines/candidates.ts";
import type { InstanceType } from "../../../providers/aws/machines/machine-types.ts";
import type { Place } from "../../../providers/aws/network/network.ts";
import type { ResolvedEc2Options } from "../../../providers/aws/options/resolved-options.ts";
import { kindOf, type MachineKind } from "../../../src/cloud/machines/kinds.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { image, resolved } from "./samples.ts";

const place = (letter: string): Place => ({ subnetId: `subnet-${letter}`, zone: `us-east-1${letter}`, stack: "ipv4" });
const everywhere = ["a", "b", "c"].map(place);
const zones = new Set(everywhere.map(({ zone }) => zone));

function type(name: string, change: Partial<InstanceType> = {}): [string, InstanceType] {
  return [name, { name, architecture: "x86_64", vcpus: 2, gpu: false, ipv6Only: true, zones, ...change }];
}

const types = new Map([
  type("m7i-flex.large"),
  type("c7i.large", { zones: new Set(["us-east-1b", "us-east-1c"]) }),
  type("m7g.large", { architecture: "arm64" }),
  type("g5.xlarge", { gpu: true }),
]);

const discovered = {
  places: everywhere,
  types,
  imageFor: (architecture: string) => ({ ...image, id: `ami-${architecture}`, architecture }),
};

function workers(options: EC2ClusterOptions): MachineKind<ResolvedEc2Options> {
  return kindOf(resolved(options), { role: "worker" });
}

function order(role: MachineRole, options: EC2ClusterOptions, schedulerZone?: string): string[] {
  return candidatesFor(kindOf(resolved(options), { role }), discovered, { schedulerZone, clients: 4 }).map(inWords);
}

describe("the order in which machines are tried", () => {
  test("a scheduler: its type in each zone in turn, never spot", () => {
    expect(
      order("scheduler", { spot: true, schedulerInstanceType: "c7i.large", instanceTypes: ["m7g.large"] }),
    ).toEqual(["c7i.large in us-east-1b", "c7i.large in us-east-1c"]);
  });

  test("workers: the scheduler's zone first, since traffic between zones costs", () => {
    expect(order("worker", { instanceType: "m7i-flex.large" }, "us-east-1c")).toEqual([
      "m7i-flex.large in us-east-1c",
      "m7i-flex.large in us-east-1a",
      "m7i-flex.large in us-east-1b",
    ]);
  });

  test("a preferred type in every zone before the next type", () => {
    const options = { workerInstanceType: "c7i.large", instanceTypes: ["m7i-flex.large", "c7i.large"] };
    expect(order("worker", options, "us-east-1a")).toEqual([
      "c7i.large in us-east-1b",
      "c7i.large in us-east-1c",
      "m7i-flex.large in us-east-1a",
      "m7i-flex.large in us-east-1b",
      "m7i-flex.large in us-east-1c",
    ]);
  });

  test("every spot candidate before on-demand ones", () => {
    const options: EC2ClusterOptions = { workerInstanceType: "c7i.large", spot: "with-fallback" };
    expect(order("worker", options)).toEqual([
      "c7i.large (spot) in us-east-1b",
      "c7i.large (spot) in us-east-1c",
      "c7i.large in us-east-1b",
      "c7i.large in us-east-1c",
    ]);
    expect(order("worker", { ...options, spot: true })).toHaveLength(2);
  });

  test("each with the image of its architecture", () => {
    const options = resolved({ instanceTypes: ["m7i-flex.large", "m7g.large"] });
    const found = candidatesFor(kindOf(options, { role: "worker" }), discovered, { clients: 4 });
    expect(found.map((each) => [each.instanceType, each.image.id])).toContainEqual(["m7g.large", "ami-arm64"]);
    expect(found.map((each) => [each.instanceType, each.image.id])).toContainEqual(["m7i-flex.large", "ami-x86_64"]);
  });
});

describe("the types of a role", () => {
  test.each<[EC2ClusterOptions, readonly string[], readonly string[]]>([
    [{}, DEFAULT_INSTANCE_TYPES, DEFAULT_INSTANCE_TYPES],
    [{ instanceType: "a.b" }, ["a.b"], ["a.b"]],
    [{ instanceType: "a.b", workerInstanceType: "c.d" }, ["a.b"], ["c.d"]],
    [{ schedulerInstanceType: "a.b" }, ["a.b"], DEFAULT_INSTANCE_TYPES],
    [{ instanceTypes: ["c.d", "e.f"] }, DEFAULT_INSTANCE_TYPES, ["c.d", "e.f"]],
    [{ instanceType: "a.b", instanceTypes: ["c.d"] }, ["a.b"], ["a.b", "c.d"]],
  ])("%j", (options, scheduler, worker) => {
    expect(typesOf(kindOf(resolved(options), { role: "scheduler" })).names).toEqual(scheduler);
    expect(typesOf(kindOf(resolved(options), { role: "worker" })).names).toEqual(worker);
  });

  test.each<[EC2ClusterOptions, string]>([
    [{ instanceType: "m9z.large" }, "no instance type m9z.large"],
    [{ instanceTypes: ["g5.xlarge", "m7i-flex.large"] }, "must be alike"],
  ])("%j is refused", (options, words) => {
    const where = { types, places: discovered.places, region: "us-east-1" };
    expect(() => assertTypes(workers(options), where)).toThrow(words);
  });

  test("a type that no zone has is refused, with the zones that have it", () => {
    const where = { types, places: [place("a")], region: "us-east-1" };
    expect(() => assertTypes(workers({ instanceType: "c7i.large" }), where)).toThrow(
      "There is no c7i.large in us-east-1a; there is in us-east-1b, us-east-1c.",
    );
  });

  test("default types that a region lacks are skipped", () => {
    const where = { types, places: discovered.places, region: "us-east-1" };
    expect(() => assertTypes(workers({}), where)).not.toThrow();
    expect(order("worker", {})).toHaveLength(3);
  });
});
