import { describe, expect, onTestFinished, test, vi } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/options/options.ts";
import { resolveEc2Options, type ResolvedEc2Options } from "../../../providers/aws/options/resolved-options.ts";
import { schema } from "../../../providers/aws/options/schema.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { exposedSecrets } from "../../../src/options/flags/flag-tree.ts";
import { carryingAlso } from "../../../src/options/flags/flags.ts";
import { optionsFor } from "../../../src/provider/worker-group.ts";
import { folderWith } from "./fixture.ts";

function resolved(options: EC2ClusterOptions): ResolvedEc2Options {
  return resolveEc2Options("ec2", options);
}

function flagsOf(line: string) {
  return parseCommandLine(line.split(" "), { schema }).flags;
}

/** The groups of a command line. */
function ofLine(line: string) {
  return resolved(carryingAlso({}, { flags: flagsOf(line) })).groups;
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

  test("take entries of mappings on the command line as the cluster does", () => {
    expect(
      ofLine("--workers.gpu.resources GPU=1 --workers.gpu.env A=1 --workers.gpu.tag team=ml --no-workers.gpu.spot"),
    ).toEqual([
      {
        name: "gpu",
        size: 0,
        minimum: 0,
        quorum: 0,
        options: {
          envVars: { A: "1" },
          tags: { team: "ml" },
          workerOptions: { resources: { GPU: 1 } },
          spot: false,
        },
      },
    ]);
  });

  test.each([
    [
      "--workers.gpu.instance-typ g6.xlarge",
      'Unknown option "--workers.gpu.instance-typ". Did you mean "--workers.gpu.instance-type"?',
    ],
    [
      "--workers.gpu.instance_typ g6.xlarge",
      'Unknown option "--workers.gpu.instance_typ". Did you mean "--workers.gpu.instance_type"?',
    ],
    ["--no-workers.gpu.spt", 'Unknown option "--no-workers.gpu.spt". Did you mean "--no-workers.gpu.spot"?'],
    ["--workers.gpu.max 8", 'Unknown option "--workers.gpu.max". Did you mean "--workers.gpu.maximum"?'],
    [
      "--workers.gpu.machine-type a",
      'Unknown option "--workers.gpu.machine-type". Here it is "--workers.gpu.instance-type".',
    ],
    [
      "--workers 4",
      "a mapping of names of worker groups to their options; a number of workers is `nWorkers`, got `4` (number)",
    ],
    [
      "--workers.gpu 4",
      "Expected the `workers.gpu` option to be a mapping of the group's options, such as `{ count: 4 }`",
    ],
  ])("%s is refused as it was typed", (line, message) => {
    expect(() => ofLine(line)).toThrow(message);
  });

  test("that hold secrets cause a warning on the command line, with a better place", () => {
    const exposed = (line: string) => exposedSecrets(flagsOf(line), schema, "ec2");
    expect(exposed("--workers.gpu.env API_TOKEN=1")).toEqual([
      expect.stringMatching(
        /Better: --workers\.gpu\.env API_TOKEN without a value, .*workers\.gpu\.env_vars in a file .*DASK_CLOUDPROVIDER__EC2__WORKERS__GPU__ENV_VARS__API_TOKEN\.$/u,
      ),
    ]);
    expect(exposed('--workers={"gpu":{"env-vars":{"API_TOKEN":"1"}}}')).toHaveLength(1);
    expect(exposed("--workers.gpu.env COLOUR=1 --workers.gpu.count 1")).toEqual([]);
  });

  test("come from variables, whose names have no hyphen", () => {
    const variables = {
      DASK_CLOUDPROVIDER__EC2__WORKERS__GPU__MAXIMUM: "8",
      DASK_CLOUDPROVIDER__EC2__WORKERS__GPU__INSTANCE_TYPE: "g6.xlarge,g5.xlarge",
      DASK_CLOUDPROVIDER__EC2__WORKERS__BIG_GPU__RESOURCES__GPU: "4",
      DASK_CLOUDPROVIDER__EC2__WORKERS__BIG_GPU__DISK_SIZE: "1TB",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(resolved({}).groups).toEqual([
      {
        name: "gpu",
        size: 0,
        minimum: 0,
        maximum: 8,
        quorum: 0,
        options: { workerInstanceType: "g6.xlarge", instanceTypes: ["g5.xlarge"] },
      },
      {
        name: "big-gpu",
        size: 0,
        minimum: 0,
        quorum: 0,
        options: { diskSize: 1024, workerOptions: { resources: { GPU: 4 } } },
      },
    ]);
  });

  test.each(["max-imum", "maximum"])("come from Dask's YAML; a fault names the file (%s)", (name) => {
    const folder = folderWith({ "dask.yaml": `cloudprovider: {ec2: {workers: {gpu: {${name}: 8}}}}` });
    vi.stubEnv("DASK_CONFIG", folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    if (name === "maximum") expect(resolved({}).groups).toMatchObject([{ name: "gpu", maximum: 8 }]);
    else
      expect(() => resolved({})).toThrow(
        /Unknown option "workers\.gpu\.max-imum" from .*dask\.yaml\. Did you mean "maximum"/u,
      );
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
