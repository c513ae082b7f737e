import { expect, test } from "vitest";

import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, env } = folderOfTest();

async function set(content: string, ...settings: string[]): Promise<Readonly<Record<string, unknown>>> {
  return await valuesOf(await readClusterFile(write("cluster.yaml", content), { env: env(), set: settings }));
}

async function fault(content: string, ...settings: string[]): Promise<string> {
  return await set(content, ...settings).then(
    () => "no fault",
    ({ message }: Error) => message,
  );
}

const EC2 = "provider: ec2\nregion: a\nworkers: { default: { count: 1 } }\ntags: { a: b }\n";

test("--set lays values over the file, each read by its option's schema", async () => {
  const values = await set(
    EC2,
    "workers.default.count=2",
    "region=eu-west-1",
    "spot=true",
    "tags.team=007",
    "allowed-cidrs=10.0.0.0/8,10.1.0.0/16",
    "security_groups=sg-1",
    "security_groups=sg-2",
    "workerOptions.memory_limit=4GB",
    "docker-image=1.5",
  );
  expect(values).toMatchObject({
    workers: { default: { count: 2 } },
    region: "eu-west-1",
    spot: true,
    tags: { a: "b", team: "007" },
    allowedCidrs: ["10.0.0.0/8", "10.1.0.0/16"],
    securityGroups: ["sg-1", "sg-2"],
    workerOptions: { memoryLimit: "4GB" },
    dockerImage: "1.5",
  });
  expect(await set(EC2, "workers=5")).toMatchObject({ nWorkers: 5 });
  expect(await set(EC2, "region=null")).not.toHaveProperty("region");
});

test("--set reaches provider, files and run", async () => {
  write("train.py", "");
  const file = await readClusterFile(write("cluster.yaml", "provider: ec2\nrun: x\n"), {
    env: env(),
    set: ["provider=local", "run.command=python train.py", "run.env.A=1", "run.where=cluster", "files=train.py"],
  });
  expect(file).toMatchObject({
    provider: "local",
    files: ["train.py"],
    run: { command: ["python", "train.py"], env: { A: "1" }, where: "cluster" },
  });
});

test.each([
  ["regoin=x", 'Unknown name in "--set regoin". Did you mean "region"?'],
  ["workers.defualt.count=2", 'Unknown worker group in "--set workers.defualt.count". Did you mean "default"?'],
  ["workers.default.cont=2", 'Did you mean "count"?'],
  ["region", 'Expected --set key.path=value, such as --set workers=4, got "region"'],
  ["=x", "Expected --set key.path=value"],
  ["disk-size=big", "from --set disk-size"],
  ["provider=ec3", 'Unknown provider "ec3" from --set provider. Did you mean "ec2"?'],
])("--set %s is refused", async (setting, message) => {
  expect(await fault(EC2, setting)).toContain(message);
});

test("A secret in --set is not shown", async () => {
  expect(await fault(EC2, "env-vars=hunter2")).not.toContain("hunter2");
  expect(await fault(EC2, "proxy.http=[hunter2]")).not.toContain("hunter2");
});
