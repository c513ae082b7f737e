import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { registry } from "../../../providers/registry.ts";
import type { ClusterFile } from "../../../src/cluster-file/cluster-file.ts";
import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { Security } from "../../../src/security/security.ts";
import { adsText } from "./ads-text.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, path, env } = folderOfTest();
const SHARED = "/work/shared/specs/ads-documents";
const PROVIDERS = registry.map(({ command }) => command);

async function read(content: string, provider = "local", set: string[] = []): Promise<ClusterFile> {
  write("fit.py", "");
  return await readClusterFile(write("train.yaml", content), { env: env(), provider, set });
}

test("Read for this computer, it is a cluster and a program with their variables", async () => {
  const file = await read(
    adsText({ name: "Fit Trees", replicas: 3, env: "[{ name: ROWS, value: 1e3 }, { name: HOW, value: fast }]" }),
  );
  const variables = { ROWS: "1e3", HOW: "fast" };
  expect(file).toMatchObject({
    kind: "ads",
    name: "fit-trees",
    run: { command: ["python", "fit.py"], env: variables, where: "here", cwd: path(".") },
  });
  expect(await valuesOf(file)).toMatchObject({ name: "fit-trees", nWorkers: 3, envVars: variables, security: true });
});

test("On a cloud the image, the disk and the entry point are the cloud's", async () => {
  const file = await read(adsText(), "ec2");
  expect(await valuesOf(file)).toMatchObject({
    dockerImage: "registry.example/team/dask:1",
    dockerArgs: ["--entrypoint="],
    envVars: { PYTHONPATH: "/code" },
    diskSize: 60,
    nWorkers: 1,
  });
  expect(file.run).toMatchObject({ where: "cluster", job: { program: "fit.py", args: [] } });
});

test("What has no meaning is noted, one sentence each, and never dropped", async () => {
  const { notes } = await read(adsText({ extra: "colour: blue", certificate: true, main: 2 }));
  const all = notes.join("\n");
  for (const word of [
    "projectId",
    "compartmentId",
    "subnetId",
    "logGroupId",
    "logId",
    "displayName",
    "VM.Standard.E4.Flex",
  ]) {
    expect(all).toContain(word);
  }
  for (const said of [
    /^blockStorageSize 60 is not used/mu,
    /^image registry\.example\/team\/dask:1 is not used/mu,
    /^workDir oci:\/\/bucket@tenancy\/run is not used/mu,
    /^The cluster's name is fit-trees: "Fit Trees" is no valid one\.$/mu,
    /^main\.replicas 2 is ignored/mu,
    /^The caCert ocid1\.certificateauthority\.oc1\.iad\.x is in OCI's Certificates service/mu,
    /^The cert ocid1\.certificate\.oc1\.iad\.x is in OCI/mu,
    /^Not known here, and left out: .*train\.yaml:\d+ \(spec\.cluster\.spec\.colour\)\.$/mu,
  ]) {
    expect(all).toMatch(said);
  }
  for (const note of notes) expect(note).toMatch(/^\S[^\n]*\.$/u);
});

test("Other start options are options of the roles", async () => {
  const file = await read(
    adsText({ worker: ["--nthreads 2", "--memory-limit=4GB", "--no-nanny"], scheduler: ["--preload /code/a.py"] }),
  );
  expect(await valuesOf(file)).toMatchObject({
    workerOptions: { nthreads: "2", memoryLimit: "4GB", nanny: false },
    schedulerOptions: { preload: "/code/a.py" },
  });
});

test("Start options that are the cluster's own are left out, and said", async () => {
  const file = await read(adsText({ scheduler: ["--port 8788"], worker: ["--worker-port 8700:8800 --nthreads 2"] }));
  const { schedulerOptions, workerOptions } = await valuesOf(file);
  expect([schedulerOptions, workerOptions]).toEqual([{}, { nthreads: "2" }]);
  const notes = file.notes.join("\n");
  expect(notes).toMatch(/^The start option --port is left out: the cluster decides where its nodes listen\.$/mu);
  expect(notes).toMatch(/^The start option --worker-port is left out/mu);
});

test("Arguments are split as Python's shlex does, kwargs after args", async () => {
  const program = "args: [--query, \"'a b'\", '1']\n      kwargs: --cv 5 --url x?a=1&b=2";
  const { run } = await read(adsText({ program, entry: "/code/fit.py" }), "ec2");
  const args = ["--query", "a b", "1", "--cv", "5", "--url", "x?a=1&b=2"];
  expect(run).toMatchObject({ command: ["python", "fit.py", ...args], job: { program: "fit.py", args } });
});

test("The job's name, variables and start options hold where the cluster and the roles have none", async () => {
  const config = 'config: { env: [{ name: A, value: 1 }, { name: B, value: 1 }], startOptions: ["--nthreads 3"] }';
  const text = adsText({ extra: config, env: "[{ name: B, value: 2 }]" })
    .replace("      name: Fit Trees\n", "")
    .replaceAll("{ startOptions: [] }", "");
  const file = await read(text);
  expect(file.name).toBe("trees");
  expect(file.run?.env).toEqual({ A: "1", B: "2" });
  expect(await valuesOf(file)).toMatchObject({ envVars: { A: "1", B: "2" }, workerOptions: { nthreads: "3" } });
});

test("Artifacts that ADS would copy to a bucket are said", async () => {
  const { notes } = await read(adsText({ env: "[{ name: SYNC_ARTIFACTS, value: 1 }]" }));
  expect(notes.join("\n")).toMatch(/^SYNC_ARTIFACTS copies nothing to a bucket/mu);
});

test("TLS files at the paths of the machines are the cluster's certificates", async () => {
  const { ca, cert, key } = Security.temporary().materialFor("client");
  const tls = [
    `--tls-ca-file ${write("code/ca.pem", ca)}`,
    `--tls-cert ${write("code/cert.pem", cert)}`,
    `--tls-key ${write("code/key.pem", key, 0o600)}`,
  ];
  for (const provider of ["local", "ec2"]) {
    const file = await read(adsText({ scheduler: tls, worker: tls }), provider);
    const { security } = await valuesOf(file);
    expect((security as Security).materialFor("worker").cert).toBe(cert);
    expect(JSON.stringify(file)).not.toContain("PRIVATE KEY");
  }
});

test("TLS files of the image are found in the folder that it was built from", async () => {
  const { ca, cert, key } = Security.temporary().materialFor("client");
  write("tls/ca.pem", ca);
  write("cert.pem", cert);
  write("key.pem", key, 0o600);
  const tls = ["--tls-ca-file /code/tls/ca.pem", "--tls-cert /code/cert.pem", "--tls-key /code/key.pem"];
  const { security } = await valuesOf(await read(adsText({ scheduler: tls, worker: tls }), "ec2"));
  expect((security as Security).materialFor("worker").cert).toBe(cert);
});

test("TLS files that are not here give temporary certificates, and a note that says so", async () => {
  const tls = ["--tls-ca-file /code/none-ca.pem", "--tls-cert /code/none.pem", "--tls-key /code/none.key"];
  const file = await read(adsText({ scheduler: tls, worker: tls }));
  expect(await valuesOf(file)).toMatchObject({ security: true });
  expect(file.notes.join("\n")).toMatch(
    /^The TLS files \/code\/none-ca\.pem, \/code\/none\.pem, \/code\/none\.key are neither on this computer nor in .*temporary certificates/mu,
  );
});

test("Code in git is not fetched, and a missing entry point is said", async () => {
  const { notes } = await read(
    adsText({ runtime: "type: git\n    uri: https://example.com/r.git\n    branch: main", entry: "gone.py" }),
  );
  expect(notes.join("\n")).toMatch(/The code at https:\/\/example\.com\/r\.git \(branch\) is not fetched: clone it/u);
  expect(notes.join("\n")).toMatch(/The entryPoint gone\.py is not beside the document/u);
});

test("Settings and a profile lie around it", async () => {
  write(".config/dask-fleet/profiles/team.yaml", "provider: ec2\nregion: eu-west-1\nworkers: 9\n");
  const file = await readClusterFile(write("train.yaml", adsText()), {
    env: env(),
    profile: "team",
    set: ["instance-type=m6i.large"],
  });
  expect(file.provider).toBe("ec2");
  expect(await valuesOf(file)).toMatchObject({ region: "eu-west-1", instanceType: "m6i.large", nWorkers: 1 });
});

test.each([
  [adsText({ kind: "pytorch" }), "Expected spec.cluster.kind to be dask"],
  [adsText({ env: "{ A: 1 }" }), "Expected env to be a list of { name, value }"],
  [adsText({ worker: ["nthreads"] }), "Expected startOptions to hold options"],
  [adsText({ program: `args: "it's"` }), "Expected args to be texts whose quotes are closed"],
  [adsText({ replicas: "many" }), "from"],
])("A faulty document is refused: %#", async (content, message) => {
  await expect(read(content).then(valuesOf)).rejects.toThrow(message);
});

test("Notes are printable", async () => {
  const { notes } = await read(adsText({ name: '"Trees \\e[31m"' }));
  // eslint-disable-next-line no-control-regex
  expect(notes.join("\n")).not.toMatch(/\u001B/u);
});

test.each(PROVIDERS)("OCI's own examples are read for %s", async (provider) => {
  const examples = existsSync(SHARED) ? readdirSync(SHARED).filter((name) => name.endsWith(".yaml")) : [];
  for (const name of examples) {
    const text = readFileSync(join(SHARED, name), "utf8")
      .replace("oci.xxxx.<compartment_ocid>", "ocid1.compartment.oc1..a")
      .replace("oci.xxxx.<subnet-ocid>", "ocid1.subnet.oc1.iad.a");
    const file = await readClusterFile(write(name, text), { env: env(), provider });
    expect(await valuesOf(file)).toMatchObject({ name: "lgbm-dask", nWorkers: 2, envVars: { SIZE: "1000000" } });
    expect(file.run).toMatchObject({ command: ["python", "lgbm_dask.py"], env: { SIZE: "1000000" } });
  }
});
