import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { filesBelow } from "./private-keys.ts";
import { runPython } from "./python-client.ts";
import { sharedCluster } from "./shared-cluster.ts";

const { cluster, base } = sharedCluster(() => new LocalCluster({ nWorkers: 1 }));

test("Our own client connects", async () => {
  expect(await cluster().workers()).toHaveLength(1);
});

const COMPUTE = `
from distributed import Client
with Client(timeout="20s") as client:
    print(client.submit(sum, [1, 2, 3]).result(timeout=20), client.scheduler.address)
`;

test.each([
  ["the files that clientEnv() names", false],
  ["the texts that clientEnv({ inline: true }) holds", true],
])("Python's Client() connects by %s", async (_, inline) => {
  const env = cluster().clientEnv({ inline });
  expect(Object.values(env).some((value) => value.includes("PRIVATE KEY"))).toBe(inline);
  expect(await runPython(COMPUTE, env)).toBe(`6 ${cluster().schedulerAddress}`);
});

test("Python's Client() connects with the directory that writeClientConfig() wrote", async () => {
  const directory = join(base(), "made", "for it");
  await cluster().writeClientConfig(directory);
  expect(await runPython(COMPUTE, { DASK_CONFIG: directory })).toBe(`6 ${cluster().schedulerAddress}`);
});

test("Python's Security loads the written files", async () => {
  const directory = join(base(), "files");
  await cluster().writeClientConfig(directory);
  const program = `
import os
from distributed import Client, Security
os.chdir(${JSON.stringify(directory)})
security = Security(
    tls_ca_file="ca.pem", tls_client_cert="client-cert.pem", tls_client_key="client-key.pem", require_encryption=True
)
with Client(${JSON.stringify(cluster().schedulerAddress)}, security=security, timeout="20s") as client:
    print(client.submit(sum, [1, 2, 3]).result(timeout=20))
`;
  expect(await runPython(program, {})).toBe("6");
});

test("run() gives a command the same access", async () => {
  const check = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
  expect(await cluster().run("python", ["-c", check], { stdio: "ignore" })).toBe(0);
});

test("Python without the certificates is refused", async () => {
  const { DASK_SCHEDULER_ADDRESS: address = "" } = cluster().clientEnv();
  const failing = runPython(COMPUTE.replace("20s", "3s"), { DASK_SCHEDULER_ADDRESS: address });
  await expect(failing).rejects.toThrow(/TLS expects a `ssl_context`|TLS.*ssl_context/u);
});

test("Key files are readable by their owner only, and so is each directory above them", async () => {
  const given = join(base(), "given", "to", "others");
  await cluster().writeClientConfig(given);
  const holders = new Map<string, string>();
  for (const top of [cluster().stateDirectory, given]) {
    for (const path of await filesBelow(top)) {
      const text = await readFile(path, "latin1");
      if (!text.includes("PRIVATE KEY")) continue;
      for (let each = path; each !== base(); each = dirname(each)) holders.set(each, await modeOf(each));
    }
  }
  const names = [...holders.keys()].map((path) => basename(path));
  expect(names).toEqual(expect.arrayContaining(["record.json", "client-key.pem", "key.pem", "dask-fleet", "given"]));
  expect(new Set(holders.values())).toEqual(new Set(["directory 700", "file 600"]));
  // Not keys, but private as well: the scheduler's address, variables, consoles.
  for (const path of await filesBelow(base())) {
    if (/(?:\.env|\.yaml|\.log|\.json)$/u.test(path)) expect(`${path} ${await modeOf(path)}`).toMatch(/ file 600$/u);
  }
});

async function modeOf(path: string): Promise<string> {
  const found = await stat(path);
  return `${found.isDirectory() ? "directory" : "file"} ${(found.mode & 0o777).toString(8)}`;
}
