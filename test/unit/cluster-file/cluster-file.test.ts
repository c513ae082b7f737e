import { execFileSync } from "node:child_process";

import { describe, expect, test } from "vitest";
import * as z from "zod";

import { clusterFromFile, readClusterFile } from "../../../src/cluster-file/index.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, path, env } = folderOfTest();

async function fault(content: string, options = {}): Promise<string> {
  const file = await readClusterFile(write("cluster.yaml", content), { env: env(), ...options })
    .then(
      (read) => valuesOf(read),
      (error: Error) => error,
    )
    .catch((error: Error) => error);
  if (!(file instanceof Error)) throw new Error("expected a fault");
  expect(file).toMatchObject({ code: expect.stringMatching(/^(?:CONFIG_INVALID|STATE_UNTRUSTED)$/u) });
  return file.message.replaceAll(path("cluster.yaml"), "cluster.yaml");
}

describe("A cluster file", () => {
  test("gives the provider's constructor its options, in any spelling of their names", async () => {
    const content = `
provider: aws
name: training
region: eu-west-1
instanceType: m6i.large
workers: 4
worker_options: { memory-limit: 4GB, nthreads: 2 }
env-vars: { OMP_NUM_THREADS: 1, A__B: on }
proxy: { noProxy: [.internal], http: "http://p:3128" }
tags: { cost_center: 007 }
`;
    const file = await readClusterFile(write("cluster.yaml", content), { env: env() });
    expect(file).toMatchObject({ kind: "cluster", provider: "ec2", name: "training", notes: [], files: [] });
    expect(await valuesOf(file)).toMatchObject({
      name: "training",
      region: "eu-west-1",
      instanceType: "m6i.large",
      nWorkers: 4,
      workerOptions: { memoryLimit: "4GB", nthreads: 2 },
      envVars: { OMP_NUM_THREADS: "1", A__B: "on" },
      proxy: { noProxy: [".internal"], http: "http://p:3128" },
      tags: { cost_center: "007" },
    });
  });

  test("has durations and sizes with their units", async () => {
    const content = "provider: ec2\nmaxLifetime: 4h\nidle-timeout: 1h30m\nno_client_timeout: never\ndisk-size: 100GB\n";
    const file = await readClusterFile(write("cluster.yaml", content), { env: env(), set: ["start-timeout=20m"] });
    expect(await valuesOf(file)).toMatchObject({
      maxLifetimeMs: 14_400_000,
      idleTimeoutMs: 5_400_000,
      noClientTimeoutMs: 0,
      startTimeoutMs: 1_200_000,
      diskSize: 100,
    });
  });

  test("wins over environment and configuration, and an unset option does not", async () => {
    const file = await readClusterFile(write("cluster.yaml", "provider: local\nworkers: 2\nname: ~\n"), { env: env() });
    const { schema } = (await import("../../../providers/local/manifest.ts")).manifest;
    const { values, sources } = resolveOptions(schema, {
      section: "local",
      options: file.options,
      env: { DASK_CLOUDPROVIDER__LOCAL__N_WORKERS: "9", DASK_CLOUDPROVIDER__LOCAL__PYTHON: "py" },
      home: "/nowhere",
    });
    expect(values).toMatchObject({ nWorkers: 2, python: "py" });
    expect(sources["nWorkers"]).toEqual({ kind: "document", where: `${path("cluster.yaml")}:2 (workers)` });
  });

  test("makes an unstarted cluster, whose errors name the line", async () => {
    const cluster = await clusterFromFile(write("cluster.yaml", "provider: local\nname: here\nworkers: 2\n"));
    expect(cluster).toMatchObject({ name: "here", state: "new" });
    write("cluster.yaml", "provider: local\n\nworkers: many\n");
    await expect(clusterFromFile(path("cluster.yaml"))).rejects.toThrow(
      /^Expected the `nWorkers` option to be .*, got `"many"` \(string\) from .*cluster\.yaml:3 \(workers\)$/u,
    );
  });

  test.each([
    ["provider: ec2\nregoin: x\n", 'Unknown name "regoin" from cluster.yaml:2 (regoin). Did you mean "region"?'],
    ["provider: ec2\nworker: 1\n", 'Unknown name "worker" from cluster.yaml:2 (worker). Did you mean "workers"?'],
    [
      "provider: gcp\nvm-size: x\n",
      'Unknown name "vm-size" from cluster.yaml:2 (vm-size). Here it is "instance-type".',
    ],
    ["provider: ec3\n", 'Unknown provider "ec3" from cluster.yaml:1 (provider). Did you mean "ec2"?'],
    ["region: x\n", "cluster.yaml names no provider. Write `provider: ec2`"],
    ["provider: ec2\nregion: a\nregion: b\n", "cluster.yaml is malformed: Map keys must be unique at line 3"],
    [
      "provider: ec2\ndisk-size: 9\ndiskSize: 8\n",
      '"diskSize" from cluster.yaml:3 (diskSize) says again what is said from cluster.yaml:2',
    ],
    [
      "provider: ec2\nworkers: 1\nn-workers: 2\n",
      "n-workers from cluster.yaml:3 (n-workers) says again what workers says",
    ],
    ["- provider\n", "cluster.yaml is malformed: expected a mapping at its top level."],
    ["provider: [\n", "cluster.yaml is malformed: "],
    ["provider: !ENV x\n", "cluster.yaml is malformed: Unresolved tag: !ENV"],
    ["provider: local\n---\nprovider: ec2\n", "cluster.yaml is malformed: Source contains multiple documents"],
    ["provider: local\n\nmax-lifetime: soon\n", "from cluster.yaml:3 (max-lifetime)"],
    ["provider: local\nidle-timeout: 20\n", "a duration with its unit, such as 20s, 20m or 20h"],
    ["provider: local\nmax-lifetme: 4h\n", 'Did you mean "max-lifetime"?'],
    ["provider: ec2\nspot: often\n", "from cluster.yaml:2 (spot)"],
    ["provider: azure\ncredential: x\n", "credential from cluster.yaml:2 (credential) takes a value of a program"],
  ])("refuses %j", async (content, message) => {
    expect(await fault(content)).toContain(message);
  });

  test("tells all its faults at once", async () => {
    const said = await fault("provider: ec2\nregoin: x\nworkers: [1]\nrun: {comand: x}\n");
    expect(said.split("\n").length).toBeGreaterThan(3);
  });

  test("shows no secret in an error", async () => {
    const said = await fault("provider: digitalocean\ntoken: [hunter2]\nenv-vars: { A: [hunter2] }\nproxy: hunter2\n");
    expect(said).toContain("[redacted]");
    expect(said).not.toContain("hunter2");
  });

  test("is a regular file of bounded size, and UTF-8", async () => {
    execFileSync("mkfifo", [path("fifo.yaml")]);
    await expect(readClusterFile(path("fifo.yaml"))).rejects.toThrow("is not a regular file");
    await expect(readClusterFile(path("."))).rejects.toThrow("is a directory");
    await expect(readClusterFile(path("none.yaml"))).rejects.toThrow("There is no file");
    await expect(readClusterFile(write("large.yaml", `# ${"x".repeat(128 * 1024)}`))).rejects.toThrow("128 KiB");
    await expect(readClusterFile("/dev/zero")).rejects.toThrow("is not a regular file");
  });

  test("may use aliases, but no bomb of them", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x,x]",
      ..."bcdefg".split("").map((name, nth) => `${name}: &${name} [${Array(10).fill(`*${"abcdef"[nth]}`).join(",")}]`),
    ];
    expect(await fault(`provider: ec2\n${bomb.join("\n")}\n`)).toMatch(
      /malformed: (?:it has more than 10000 values|Excessive alias)/u,
    );
    expect(await fault("provider: local\nenv-vars: &e\n  <<: *e\n")).toContain("malformed");
    const content =
      "provider: local\nworker-options: &o { nthreads: 1, memory-limit: 1GB }\nscheduler-options: { <<: *o, nthreads: 2 }\n";
    const file = await readClusterFile(write("cluster.yaml", content), { env: env() });
    expect(await valuesOf(file)).toMatchObject({ schedulerOptions: { nthreads: 2, memoryLimit: "1GB" } });
  });

  test("prints no control characters of its own", async () => {
    const said = await fault('provider: ec2\n"re\\egoin": x\n');
    // eslint-disable-next-line no-control-regex
    expect(said).not.toMatch(/\u001B/u);
  });

  test("runs elsewhere with another provider; what only its own has is noted", async () => {
    const content = "provider: ec2\nregion: x\nname: a-b\nworkers: 1\n";
    const file = await readClusterFile(write("cluster.yaml", content), { env: env(), provider: "local" });
    expect(file).toMatchObject({ provider: "local", notes: ["region is an option of ec2: local has none."] });
    expect(await valuesOf(file)).toMatchObject({ name: "a-b", nWorkers: 1 });
    const set = await readClusterFile(path("cluster.yaml"), { env: env(), set: ["provider=local"] });
    expect(set.notes).toEqual(file.notes);
  });
});

describe("Workers in groups", () => {
  test("have options as the cluster has, with their variables and units", async () => {
    const text = `provider: ec2
workers:
  cpu: { count: "\${N}", instance-type: [c7i.4xlarge, c6i.4xlarge], env-vars: { A: 1 } }
  gpu: { maximum: 8, disk_size: 200GB, resources: { GPU: 1 }, worker-options: { memory-limit: 4GB } }
`;
    const file = await readClusterFile(write("cluster.yaml", text), { env: { ...env(), N: "3" } });
    expect(await valuesOf(file)).toMatchObject({
      workers: {
        cpu: { count: 3, instanceType: ["c7i.4xlarge", "c6i.4xlarge"], envVars: { A: "1" } },
        gpu: { maximum: 8, diskSize: 200, resources: { GPU: 1 }, workerOptions: { memoryLimit: "4GB" } },
      },
    });
  });

  test("are refused where they are not groups, or have other names", async () => {
    expect(await fault("provider: local\nworkers: { default: { cont: 3 } }\n")).toContain('Did you mean "count"?');
    expect(await fault("provider: local\nworkers: { gpu: 3 }\n")).toMatch(
      /^Expected the `workers\.gpu` option to be a mapping of the group's options, such as `\{ count: 4 \}`, got `3` \(number\) from .*cluster\.yaml:2 \(workers\.gpu\)$/u,
    );
    expect(await fault("provider: local\nworkers: { gpu: { env-vars: { T: '${T}' } } }\n")).toContain(
      "${T} cannot stand in env-vars from",
    );
    expect(await fault("provider: local\nworkers: [1]\n")).toContain(
      "Expected workers to be a number or worker groups",
    );
  });
});

test("A missing option says where in the file it belongs", async () => {
  const file = await readClusterFile(write("cluster.yaml", "provider: local\n"), { env: env() });
  const schema = z.object({ ...clusterFields, resourceGroup: z.string() });
  expect(() => resolveOptions(schema, { section: "toy", options: file.options, env: {}, home: "/nowhere" })).toThrow(
    `give it as resource-group in ${path("cluster.yaml")}, in DASK_CLOUDPROVIDER__TOY__RESOURCE_GROUP`,
  );
});
