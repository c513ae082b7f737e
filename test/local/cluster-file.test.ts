import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { type ClusterManager, clusterFromFile, readClusterFile } from "../../src/index.ts";
import { isolatedState } from "../support/local-state.ts";
import { adsText } from "../unit/cluster-file/ads-text.ts";
import { OpensslFiles } from "../unit/security/openssl-files.ts";

isolatedState();

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dask-fleet-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Computes on the cluster, and writes what it has seen beside itself. */
const PROGRAM = `
import json, os, sys
from distributed import Client
with Client() as client:
    seen = {
        "sum": client.submit(sum, range(10)).result(),
        "workers": len(client.scheduler_info()["workers"]),
        "worker": client.submit(os.getenv, "ROWS").result(),
        "here": os.environ.get("ROWS"),
        "scheme": client.scheduler.address.split(":")[0],
        "args": sys.argv[1:],
    }
with open("seen.json", "w") as file:
    json.dump(seen, file)
`;

/** Runs the program of a file on its cluster, as `dask-fleet run -f` does. */
async function ran(path: string, provider?: string): Promise<unknown> {
  writeFileSync(join(folder, "fit.py"), PROGRAM);
  const { run } = await readClusterFile(path, { provider });
  await using cluster: ClusterManager = await (await clusterFromFile(path, { provider })).start();
  const [command = "", ...args] = run?.command ?? [];
  expect(await cluster.run(command, args, { cwd: run?.cwd, env: run?.env, stdio: "ignore" })).toBe(0);
  return JSON.parse(readFileSync(join(folder, "seen.json"), "utf8"));
}

test("A cluster file is a cluster, and its run a program with a Client", async () => {
  const path = join(folder, "cluster.yaml");
  writeFileSync(
    path,
    "provider: local\nname: from-file\nworkers: 2\nenv-vars: { ROWS: 7 }\nrun: { command: python fit.py --n 10, env: { ROWS: 8 } }\n",
  );
  expect(await ran(path)).toEqual({
    sum: 45,
    workers: 2,
    worker: "7",
    here: "8",
    scheme: "tls",
    args: ["--n", "10"],
  });
});

test("A document of ads opctl runs here, with the TLS files of its start options", async () => {
  using files = new OpensslFiles();
  const { cert, key } = files.selfSigned("ads");
  const tls = [`--tls-ca-file ${cert}`, `--tls-cert ${cert}`, `--tls-key ${key}`];
  const path = join(folder, "train.yaml");
  writeFileSync(path, adsText({ replicas: 1, env: "[{ name: ROWS, value: 1000 }]", scheduler: tls, worker: tls }));
  const { notes } = await readClusterFile(path, { provider: "local" });
  expect(notes.join("\n")).not.toContain("temporary certificates");
  const cluster = await clusterFromFile(path, { provider: "local" });
  expect(cluster.name).toBe("fit-trees");
  expect(await ran(path, "local")).toEqual({
    sum: 45,
    workers: 1,
    worker: "1000",
    here: "1000",
    scheme: "tls",
    args: [],
  });
});
