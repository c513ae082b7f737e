import { describe, expect, test } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/options/options.ts";
import { resolveEc2Options, type ResolvedEc2Options } from "../../../providers/aws/options/resolved-options.ts";
import { carryingAlso } from "../../../src/options/flags/flags.ts";
import { optionsFor } from "../../../src/provider/worker-group.ts";

function resolved(options: EC2ClusterOptions): ResolvedEc2Options {
  return resolveEc2Options("ec2", options);
}

function group(options: EC2ClusterOptions, name: string) {
  const found = resolved(options).groups?.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no group ${name}`);
  return found;
}

describe("A group's size", () => {
  test.each([
    [
      { count: 4, maximum: 50 },
      { size: 4, minimum: 0, maximum: 50, quorum: 4 },
    ],
    [{ maximum: 8 }, { size: 0, minimum: 0, maximum: 8, quorum: 0 }],
    [{ minimum: 2 }, { size: 2, minimum: 2, quorum: 2 }],
    [
      { count: 4, minWorkers: 1 },
      { size: 4, minimum: 0, quorum: 1 },
    ],
    [{}, { size: 0, minimum: 0, quorum: 0 }],
  ])("of %j is %j", (asked, size) => {
    expect(group({ workers: { gpu: asked } }, "gpu")).toEqual({ name: "gpu", options: {}, ...size });
  });

  test("adds up to the cluster's", () => {
    const { nWorkers, minWorkers } = resolved({ workers: { cpu: { count: 4, minWorkers: 2 }, gpu: { count: 1 } } });
    expect([nWorkers, minWorkers]).toEqual([5, 3]);
  });

  test.each([
    [{ count: 2, minimum: 3 }, "Expected `workers.gpu.minimum` to be at most `workers.gpu.count`, 2, got `3` (number)"],
    [{ count: 9, maximum: 8 }, "Expected `workers.gpu.count` to be at most `workers.gpu.maximum`, 8, got `9` (number)"],
    [
      { minimum: 9, maximum: 8 },
      "Expected `workers.gpu.minimum` to be at most `workers.gpu.maximum`, 8, got `9` (number)",
    ],
    [
      { count: 1, minWorkers: 2 },
      "Expected `workers.gpu.minWorkers` to be at most `workers.gpu.count`, 1, got `2` (number)",
    ],
  ])("%j is refused", (asked, message) => {
    expect(() => resolved({ workers: { gpu: asked } })).toThrow(message);
  });

  test("may not be contradicted by `nWorkers` and `minWorkers`; what a record holds of both is no contradiction", () => {
    const workers = { cpu: { count: 2 }, gpu: { count: 1, minWorkers: 0 } };
    expect(() => resolved({ workers, nWorkers: 2 })).toThrow(
      "The `nWorkers` option is 2, but the groups of `workers` have 3 together: leave `nWorkers` out, and set `count` of each group.",
    );
    expect(() => resolved({ workers, minWorkers: 3 })).toThrow("The `minWorkers` option is 3, but");
    const { groups, ...recorded } = resolved({ workers });
    const { schedulerInstanceType: _1, workerInstanceType: _2, ...again } = recorded;
    expect(resolved(again as EC2ClusterOptions).groups).toEqual(groups);
  });

  test("without any group is refused", () => {
    expect(() => resolved({ workers: {} })).toThrow("The `workers` option names no group.");
  });
});

describe("A group's options", () => {
  test("override the cluster's, by the cluster's names; what is not said is the cluster's", () => {
    const options = resolved({
      diskSize: 100,
      workerInstanceType: "m7i.large",
      instanceTypes: ["m6i.large"],
      dockerImage: "plain:1",
      workers: {
        cpu: { count: 1 },
        gpu: { instanceType: ["g6.xlarge", "g5.xlarge"], diskSize: 200, dockerImage: "gpu:1", spot: "with-fallback" },
        big: { instanceType: "r7i.16xlarge" },
      },
    });
    const [cpu, gpu, big] = (options.groups ?? []).map((each) => optionsFor(options, each));
    expect(cpu).toMatchObject({ workerInstanceType: "m7i.large", instanceTypes: ["m6i.large"], diskSize: 100 });
    expect(gpu).toMatchObject({
      workerInstanceType: "g6.xlarge",
      instanceTypes: ["g5.xlarge"],
      diskSize: 200,
      dockerImage: "gpu:1",
      spot: "with-fallback",
    });
    // The cluster's further types would be of another kind.
    expect(big).toMatchObject({ workerInstanceType: "r7i.16xlarge", instanceTypes: [], spot: false });
  });

  test("that are mappings are added to the cluster's; `resources` is that of the workers' options", () => {
    const options = resolved({
      envVars: { A: "1", B: "1" },
      tags: { team: "ml" },
      workerOptions: { nthreads: 2, resources: { CPU: 1 } },
      workers: {
        gpu: { envVars: { B: "2" }, tags: { kind: "gpu" }, resources: { GPU: 1 } },
        slim: { workerOptions: { nthreads: 1 } },
      },
    });
    const [gpu, slim] = options.groups ?? [];
    expect(gpu?.options).toEqual({
      envVars: { A: "1", B: "2" },
      tags: { team: "ml", kind: "gpu" },
      workerOptions: { nthreads: 2, resources: { GPU: 1 } },
    });
    expect(slim?.options).toEqual({ workerOptions: { nthreads: 1, resources: { CPU: 1 } } });
  });

  test("have aliases and units, and names as each source spells them", () => {
    const flags = [
      { written: "--workers.gpu.filesystem-size", path: ["workers", "gpu", "filesystem-size"], value: "2TB" },
      { written: "--workers.gpu.maximum", path: ["workers", "gpu", "maximum"], value: "8" },
      { written: "--workers", path: ["workers"], value: '{"cpu": {"docker-args": "--shm-size 1g", "count": 1}}' },
    ] as const;
    const { groups } = resolved(carryingAlso({ workers: { gpu: { spot: true, maximum: 2 } } }, { flags }));
    expect(groups).toEqual([
      { name: "gpu", size: 0, minimum: 0, maximum: 8, quorum: 0, options: { spot: true, diskSize: 2048 } },
      { name: "cpu", size: 1, minimum: 0, quorum: 1, options: { dockerArgs: ["--shm-size", "1g"] } },
    ]);
  });

  test.each([
    [{ gpu: { instancetype: "g6.xlarge" } }, 'Unknown option "workers.gpu.instancetype". Did you mean'],
    [{ gpu: { region: "eu-west-1" } }, 'Unknown option "workers.gpu.region".'],
    [{ GPU: {} }, "Expected the name `GPU` in the `workers` option to be 1 to 20 lower-case letters"],
    [
      { gpu: { instanceType: "huge" } },
      "Expected the `workers.gpu.instanceType` option to be an instance type such as",
    ],
    [{ gpu: { resources: { GPU: -1 } } }, "Expected the `workers.gpu.resources.GPU` option to be"],
  ])("%j is refused, with its place", (workers, message) => {
    expect(() => resolved({ workers } as EC2ClusterOptions)).toThrow(message);
  });
});
