import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { LocalCluster, type LocalClusterOptions } from "../../../providers/local/index.ts";
import { clusterFromFile } from "../../../src/cluster-file/index.ts";
import { recordPath } from "../../../src/cluster/record.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { keyRuns, leaks } from "../../unit/security/key-material.ts";
import { environment, loopbackStore } from "../../unit/stores/loopback-store.ts";

const CANARY = "canary-4711-of-the-store";
const SECRETS = "projects/lab-1234/secrets";
const MADE = Security.temporary();
const [MACHINE, CLIENT] = [MADE.materialFor("worker"), MADE.materialFor("client")];

const REVEALED = `
from distributed import Client
import hashlib, os
with Client() as client:
    seen = client.submit(lambda: hashlib.sha256(os.environ["TOKEN"].encode()).hexdigest()).result()
assert seen == hashlib.sha256("canary-4711-of-the-store".encode()).hexdigest(), "another token"
`;

/** Stores with the machines' certificate, key and token, and with the client's; and the options of a cluster that refers to them. */
async function referring(): Promise<{
  stores: SimulatedStores;
  options: LocalClusterOptions;
  clientReads: () => number;
}> {
  const stores = await new SimulatedStores().start();
  stores.gcp.put(`${SECRETS}/cert`, MACHINE.cert);
  stores.gcp.put(`${SECRETS}/key`, MACHINE.key);
  stores.gcp.put(`${SECRETS}/token`, CANARY);
  const vault = await loopbackStore(() => ({ body: { data: { cert: CLIENT.cert, key: CLIENT.key } } }));
  environment({ ...stores.environment(), HOME: process.env["HOME"] ?? "/root", VAULT_TOKEN: "hvs.token" });
  const ofClient = (field: string): string => `vault:${vault.url}/v1/kv/client?auth=aws&role=dask#${field}`;
  const security = Security.from({
    ca: MACHINE.ca,
    cert: `gcp-sm:${SECRETS}/cert`,
    key: `gcp-sm:${SECRETS}/key`,
    client: { cert: ofClient("cert"), key: ofClient("key") },
  });
  const envVars = { TOKEN: { from: `gcp-sm:${SECRETS}/token` } };
  return { stores, options: { nWorkers: 1, security, envVars }, clientReads: () => vault.asked.length };
}

/** Every file below a directory, by path. */
function filesIn(root: string): ReadonlyMap<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));
  return new Map(paths.filter((path) => statSync(path).isFile()).map((path) => [path, readFileSync(path, "latin1")]));
}

describe("A cluster whose secrets are references", () => {
  const { root } = isolatedState();

  test("computes; a task sees the token; record, events and previews have the references alone", async () => {
    const { stores, options, clientReads } = await referring();
    await using _stores = stores;
    const told: string[] = [];
    const cluster = new LocalCluster(options);
    cluster.onProgress((event) => told.push(inspect(event, { depth: 9 })));
    told.push(
      cluster.previewStartupScript("worker"),
      cluster.previewStartupScript("scheduler"),
      inspect(await cluster.plan(), { depth: 9 }),
    );
    expect(clientReads()).toBe(0);
    await using _cluster = await cluster.start();
    expect(clientReads()).toBe(2);
    expect(await cluster.run("python", ["-c", REVEALED], { stdio: "ignore" })).toBe(0);
    told.push(inspect(cluster, { depth: 9 }), JSON.stringify(options.security));

    const record = readFileSync(recordPath(cluster.name), "utf8");
    told.push(record);
    expect(record).toContain(`gcp-sm:${SECRETS}/token`);
    expect(record).toContain("auth=aws&role=dask#key");
    const all = told.join("\n");
    expect(all).not.toContain(CANARY);
    expect(leaks(all, keyRuns(MACHINE.key, CLIENT.key))).toEqual([]);

    await using attached = await LocalCluster.attach(cluster.name);
    expect(clientReads()).toBe(4);
    expect(attached.schedulerAddress).toBe(cluster.schedulerAddress);
    await attached.detach();
    for (const [path, text] of filesIn(root())) {
      // A machine's own memory and the client's own key are where they must be.
      const isMachine = path.includes("/run/dask-fleet/");
      if (!isMachine) expect([path, text.includes(CANARY)]).toEqual([path, false]);
      if (!isMachine) expect([path, leaks(text, keyRuns(MACHINE.key))]).toEqual([path, []]);
    }
  });

  test("computes where machines make their own keys: what fetches comes with their certificates", async () => {
    const { stores, options } = await referring();
    await using _stores = stores;
    const security = Security.temporary({ delivery: "join" });
    await using cluster = await new LocalCluster({ ...options, security }).start();
    expect(await cluster.run("python", ["-c", REVEALED], { stdio: "ignore" })).toBe(0);
    await cluster.scale(2);
    expect(await cluster.workers()).toHaveLength(2);
  });

  test("starts from a cluster file with the references, and the client's files beside it", async () => {
    const { stores } = await referring();
    await using _stores = stores;
    const folder = mkdtempSync(join(tmpdir(), "dask-fleet-project-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = {
      "ca.pem": MACHINE.ca,
      "client.pem": CLIENT.cert,
      "client-key.pem": CLIENT.key,
      "cluster.yaml": `
provider: local
workers: 1
security:
  ca: ca.pem
  cert: gcp-sm:${SECRETS}/cert
  key: gcp-sm:${SECRETS}/key
  client: { cert: client.pem, key: client-key.pem }
env-vars: { TOKEN: { from: "gcp-sm:${SECRETS}/token" } }
`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    await using cluster = await (await clusterFromFile(join(folder, "cluster.yaml"))).start();
    expect(await cluster.run("python", ["-c", REVEALED], { stdio: "ignore" })).toBe(0);
  });

  test.each<[string, (stores: SimulatedStores) => void, RegExp]>([
    [
      "is denied",
      (stores) => stores.gcp.denied.add(`${SECRETS}/token`),
      /a secret cannot be fetched: .*token.*(?:denied|may not)/,
    ],
    ["has no identity", (stores) => void (stores.gcp.hasAccount = false), /a secret cannot be fetched: /],
    [
      "finds the version disabled",
      (stores) => stores.gcp.setState(`${SECRETS}/token`, 1, "DISABLED"),
      /a secret cannot be fetched: /,
    ],
  ])("fails with the machine's own words where the machine %s, and buys no more", async (_what, spoil, words) => {
    const { stores, options } = await referring();
    await using _stores = stores;
    spoil(stores);
    const cluster = new LocalCluster(options);
    const created: string[] = [];
    cluster.onProgress((event) => {
      if (event.type === "scheduler" && event.change === "created") created.push(event.id);
    });
    await expect(cluster.start()).rejects.toMatchObject({ message: expect.stringMatching(words) });
    expect(created).toHaveLength(1);
  });

  test("fails before anything is made where the launcher may not read its own", async () => {
    const { stores, options } = await referring();
    await using _stores = stores;
    vi.stubEnv("VAULT_TOKEN", undefined);
    vi.stubEnv("HOME", "/nonexistent");
    const cluster = new LocalCluster(options);
    await expect(cluster.start()).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: expect.stringContaining("sign in with `vault login`, or set VAULT_TOKEN"),
    });
    expect(stores.requests).toEqual([]);
  });
});
