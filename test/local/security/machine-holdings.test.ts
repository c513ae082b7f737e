import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

import { LocalCluster } from "../../../providers/local/index.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { Security } from "../../../src/security/security.ts";
import type { Role } from "../../../src/security/tls-material.ts";
import { OpenCluster } from "../../support/open-cluster.ts";
import { machineProcesses } from "./cluster-processes.ts";
import { contentBelow, privateKeysIn, publicKeyOf, tracesOf } from "./private-keys.ts";
import { sharedCluster } from "./shared-cluster.ts";

/** The machines' user data, as a cloud receives it. */
const told: { readonly role: string; readonly userData: Uint8Array }[] = [];

function toldCluster(): OpenCluster {
  return new OpenCluster(LocalCluster.definition.resolve({ nWorkers: 2 }), (provider) => ({
    create: async (cluster, request, signal) => {
      told.push(request);
      return await provider.create(cluster, request, signal);
    },
  }));
}

// The environment of a shell that exported another cluster's clientEnv({ inline: true }). Dask ignores the case.
const foreign = Security.temporary().materialFor("client");
const EXPORTED = {
  DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY: foreign.key,
  DASK_distributed__comm__tls__client__key: foreign.key,
};

beforeAll(() => {
  Object.assign(process.env, EXPORTED);
});
afterAll(() => {
  for (const name of Object.keys(EXPORTED)) Reflect.deleteProperty(process.env, name);
});
const { cluster } = sharedCluster(toldCluster);
const pems: Record<string, string> = {};
const owners = new Map<string, Role>();

beforeAll(async () => {
  const security = Security.fromRecord((await readRecord(cluster().name)).security);
  for (const role of ["scheduler", "worker", "client"] as const) {
    const { cert, key } = security.materialFor(role);
    pems[role] = key;
    owners.set(publicKeyOf(cert), role);
  }
});

/** The roles whose keys a text contains; `unknown` is a key of no role, such as the CA's. */
function keysIn(text: string): readonly string[] {
  return [...privateKeysIn(text).keys()].map((key) => owners.get(key) ?? "unknown").sort();
}

function machineDirectories(): Promise<readonly string[]> {
  const machines = join(cluster().stateDirectory, "machines");
  return readdir(machines).then((names) => names.map((name) => join(machines, name)));
}

test("A machine's disk holds only the key of its own role", async () => {
  const held = await Promise.all(
    (await machineDirectories()).map(async (directory) => {
      const { role } = JSON.parse(await readFile(join(directory, "process.json"), "utf8")) as { role: string };
      return `${role}: ${keysIn(await contentBelow(directory)).join()}`;
    }),
  );
  expect(held.sort()).toEqual(["scheduler: scheduler", "worker: worker", "worker: worker"]);
});

test("User data holds only the key of its machine's role", () => {
  const held = told.map(({ role, userData }) => {
    const { write_files: files } = parse(gunzipSync(userData).toString()) as {
      readonly write_files: readonly { readonly content: string; readonly encoding?: string }[];
    };
    const contents = files.map(({ content, encoding }) => {
      const bytes = Buffer.from(content, encoding === undefined ? "utf8" : "base64");
      return encoding === "gz+b64" ? gunzipSync(bytes).toString("latin1") : bytes.toString("latin1");
    });
    return `${role}: ${keysIn(contents.join("\n")).join()}`;
  });
  expect(held.sort()).toEqual(["scheduler: scheduler", "worker: worker"]);
});

test("The CA's key is stored nowhere: the cluster's directory holds the keys of the three roles", async () => {
  expect(keysIn(await contentBelow(cluster().stateDirectory))).toEqual(["client", "scheduler", "worker"]);
});

describe("The processes of the machines", () => {
  test("have no key in their environment, even when the launcher has one", async () => {
    const processes = await machineProcesses(cluster().stateDirectory);
    // Per machine: the power switch and its watch, the start script, Dask; each worker's nanny and the worker itself.
    expect(processes.length).toBeGreaterThanOrEqual(9);
    const traces = [...Object.values(pems), foreign.key].flatMap(tracesOf);
    const betrayed = processes.filter(({ environment }) =>
      ["PRIVATE KEY", ...traces].some((trace) => environment.includes(trace)),
    );
    expect(betrayed.map(({ command }) => command)).toEqual([]);
  });

  test("refer only to the files of their own machine", async () => {
    const strange = (await machineProcesses(cluster().stateDirectory)).flatMap(({ environment }) => {
      const entries = environment.split("\0");
      const root = entries.find((entry) => entry.startsWith("DASK_FLEET_ROOT="))?.slice("DASK_FLEET_ROOT=".length);
      const named = entries.filter((entry) => /__TLS__\w*(?:KEY|CERT|CA_FILE)=/iu.test(entry));
      return named.filter((entry) => !entry.endsWith("=None") && !entry.includes(`=${root}/etc/dask-fleet/tls/`));
    });
    expect(strange).toEqual([]);
  });
});

test("No command line on this computer contains a key", async () => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  const all = commands.join("\n");
  expect(all).toContain("distributed.cli.dask_worker");
  expect(
    Object.values(pems)
      .flatMap(tracesOf)
      .filter((trace) => all.includes(trace)),
  ).toEqual([]);
});
