import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { visit } from "../../support/dashboard-visitor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { daskPython } from "../../support/python.ts";
import { LOCAL, RpcProcess } from "./rpc-process.ts";

const { root } = isolatedState();

interface Wire {
  readonly tls_ca_file: string;
  readonly tls_client_cert: string;
  readonly tls_client_key: string;
}

test("a Python client connects with what start answers; no key is in a line; the cluster is used and closed", async () => {
  await using rpc = new RpcProcess();
  const { client } = rpc;
  const started = await client.ask("start", { ...LOCAL, options: { ...LOCAL.options, name: "lab", debug: true } });
  expect(started).toMatchObject({ cluster: "c1", name: "lab", provider: "local", class_name: "LocalCluster" });
  expect(started["preview"]).toMatchObject({ scheduler: expect.stringContaining("#"), worker: expect.any(String) });
  const security = started["security"] as Wire;
  expect((await stat(security.tls_client_key)).mode & 0o777).toBe(0o600);
  const script = [
    "import json, sys",
    "from distributed import Client",
    "from distributed.security import Security",
    "address, fields = json.loads(sys.argv[1])",
    "fields = {k: v for k, v in fields.items() if k in ('tls_ca_file', 'tls_client_cert', 'tls_client_key', 'require_encryption')}",
    "with Client(address, security=Security(**fields), timeout=30) as client: print(client.submit(sum, [1, 2, 3]).result())",
  ].join("\n");
  const argument = JSON.stringify([started["scheduler_address"], security]);
  const { stdout } = await promisify(execFile)(daskPython(), ["-c", script, argument]);
  expect(stdout).toBe("6\n");

  await client.ask("scale", { cluster: "c1", workers: 2 });
  const { workers } = await client.ask("workers", { cluster: "c1" });
  expect(workers).toHaveLength(2);
  const { variables } = await client.ask("client_env", { cluster: "c1" });
  expect(variables).toMatchObject({ DASK_SCHEDULER_ADDRESS: started["scheduler_address"] });

  const program = join(root(), "..", "job.py");
  await writeFile(program, "import os; print('hello'); open(os.environ['DASK_FLEET_RESULT'], 'w').write('[1, 2]')");
  const { job } = await client.ask("submit", { cluster: "c1", program, args: ["--n", "1"], id: "one" });
  expect(job).toMatchObject({ id: "one", on: "scheduler" });
  expect(await client.ask("job_wait", { cluster: "c1", job: "one" })).toEqual({
    exit_code: 0,
    is_cancelled: false,
    result: [1, 2],
  });
  expect(await client.ask("job_logs", { cluster: "c1", job: "one" })).toEqual({ lines: ["hello"] });
  expect(await client.ask("jobs", { cluster: "c1" })).toMatchObject({ jobs: [{ id: "one", state: "ended" }] });
  expect(await client.refused("job_wait", { cluster: "c1", job: "none" })).toBe("JOB_NOT_FOUND");

  const logs = await client.ask("logs", { cluster: "c1", n: 5 });
  expect(logs["entries"]).toContainEqual(expect.objectContaining({ node: "scheduler", level: "INFO" }));
  expect(await client.refused("logs", { cluster: "c1", page: "none" })).toBe("CONFIG_INVALID");

  const key = await readFile(security.tls_client_key, "utf8");
  await client.ask("close", { cluster: "c1" });
  const secrets = key.split("\n").filter((line) => line.length > 60);
  expect(secrets).not.toEqual([]);
  const everything = client.messages.map((message) => JSON.stringify(message)).join("\n");
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
  client.input.end();
  expect(await rpc.end()).toEqual([0, null]);
});

test("the dashboard opens through the gate, once", async () => {
  await using rpc = new RpcProcess();
  const { client } = rpc;
  await client.ask("start", { provider: "local", options: { n_workers: 0 } });
  const { url } = await client.ask("dashboard", { cluster: "c1" });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//u);
  const visitor = await visit(String(url));
  expect((await visitor.get("/status")).status).toBe(200);
  expect(await client.ask("dashboard", { cluster: "c1" })).toEqual({ url });
  await client.ask("shutdown");
  expect(await rpc.end()).toEqual([0, null]);
});

test("another process attaches, scales and detaches; then the first one closes", async () => {
  await using first = new RpcProcess();
  await using second = new RpcProcess();
  await first.client.ask("start", { ...LOCAL, options: { ...LOCAL.options, name: "shared" } });
  await second.client.ask("attach", { provider: "local", name: "shared" });
  await second.client.ask("scale", { cluster: "c1", workers: 2 });
  await second.client.ask("detach", { cluster: "c1" });
  second.client.input.end();
  expect(await second.end()).toEqual([0, null]);
  expect((await first.client.ask("machines", { cluster: "c1" }))["machines"]).toHaveLength(3);
  first.client.input.end();
  expect(await first.end()).toEqual([0, null]);
});

test("whatever else writes to standard output in the process goes to standard error", async () => {
  const noise = "setInterval(() => process.listenerCount('SIGHUP') > 0 && console.log('noise'), 20).unref()";
  await using rpc = new RpcProcess({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noise)}` });
  await rpc.client.ask("start", { ...LOCAL, options: { n_workers: 0 } });
  await rpc.client.ask("close", { cluster: "c1" });
  rpc.client.input.end();
  expect(await rpc.end()).toEqual([0, null]);
  expect(rpc.client.broken).toEqual([]);
  expect(rpc.client.states()).toEqual(["starting", "running", "closing", "closed"]);
  expect(rpc.err).toContain("noise\n");
});
