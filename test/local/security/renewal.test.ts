import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";

import { afterEach, expect, test, vi } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { parseAddress } from "../../../src/dask/address.ts";
import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { Told } from "../life/told.ts";

isolatedState();
afterEach(() => {
  vi.useRealTimers();
});

const HOUR_MS = 3_600_000;

/** The serial number that a server shows in a new connection with the client's first certificate. */
async function serialAt(address: string, security: Security): Promise<string> {
  const { ca, cert, key } = security.materialFor("client");
  const socket = connect({ ...parseAddress(address), ca, cert, key, checkServerIdentity: () => undefined });
  await once(socket, "secureConnect", { signal: AbortSignal.timeout(patient(10_000)) });
  const serial = socket.getPeerX509Certificate()?.serialNumber ?? "";
  socket.destroy();
  return serial;
}

test("At half of their life the leader renews all certificates, also in the record and in the clients' files; a second process takes them over", async () => {
  // Half of their life was over a minute ago.
  const security = Security.temporary({ validForMs: 2 * HOUR_MS, now: new Date(Date.now() - HOUR_MS - 60_000) });
  const first = Security.fromRecord(security.toRecord());
  await using cluster = new LocalCluster({ nWorkers: 1, security });
  const told = new Told(cluster);
  await cluster.start();
  const config = await cluster.writeClientConfig(join(cluster.stateDirectory, "mine"));
  const file = (directory: string): string => readFileSync(join(directory, "client-cert.pem"), "utf8");
  const own = join(cluster.stateDirectory, "client");
  const attached = await LocalCluster.attach(cluster.name);

  await until("the renewal", () => security.notAfter > first.notAfter);
  await until("the clients' files", () => file(own) === security.certificates().client);
  expect(Security.fromRecord((await readRecord(cluster.name)).security).certificates()).toEqual(
    security.certificates(),
  );
  await until("the second process", async () => (await attached.workers()).length === 1);
  // The roles' keys, and no CA's.
  expect(JSON.stringify(await readRecord(cluster.name)).match(/BEGIN PRIVATE KEY/gu)).toHaveLength(3);

  const renewed = (role: "scheduler" | "worker"): string =>
    new X509Certificate(security.certificates()[role] ?? "").serialNumber;
  expect(await serialAt(cluster.schedulerAddress, first)).toBe(renewed("scheduler"));
  const { gate } = (await readRecord(cluster.name)).ports;
  expect(await serialAt(cluster.schedulerAddress.replace(/\d+$/u, String(gate)), first)).toBe(renewed("scheduler"));
  const [worker] = await cluster.workers();
  await until("the worker", async () => (await serialAt(worker?.address ?? "", first)) === renewed("worker"));
  await cluster.scale(2);
  expect(await cluster.run("python", ["-c", COMPUTE])).toBe(0);
  expect(readFileSync(config, "utf8")).toContain("client-cert.pem");
  expect(told.warnings).toEqual([]);
  await attached.detach();
});

test("On a machine with both roles, both certificates are renewed, each with its own key", async () => {
  const security = Security.temporary({ validForMs: 2 * HOUR_MS, now: new Date(Date.now() - HOUR_MS - 60_000) });
  const first = Security.fromRecord(security.toRecord());
  await using cluster = new LocalCluster({ singleNode: true, security });
  const told = new Told(cluster);
  await cluster.start();
  const renewed = (role: "scheduler" | "worker"): string =>
    new X509Certificate(security.certificates()[role] ?? "").serialNumber;
  await until("the renewal", () => security.notAfter > first.notAfter);
  expect(await serialAt(cluster.schedulerAddress, first)).toBe(renewed("scheduler"));
  const [worker] = await cluster.workers();
  await until("the worker", async () => (await serialAt(worker?.address ?? "", first)) === renewed("worker"));
  const etc = join(cluster.stateDirectory, "machines", `${cluster.name}-scheduler`, "root/etc/dask-fleet");
  const kept = (folder: string): string =>
    new X509Certificate(readFileSync(join(etc, folder, "cert.pem"))).serialNumber;
  await until("the files", () => kept("tls") === renewed("scheduler") && kept("tls-worker") === renewed("worker"));
  expect(told.warnings).toEqual([]);
});

test("Machines that join get new certificates for their own keys, in force and in their files; others join afterwards", async () => {
  const security = Security.temporary({ validForMs: HOUR_MS, delivery: "join" });
  await using cluster = new LocalCluster({ nWorkers: 2, security });
  const told = new Told(cluster);
  await cluster.start();
  const first = certificatesOf(cluster);
  expect(first.size).toBe(3);
  expect(new Set([...first.values()].map(publicKeyHash)).size).toBe(3);

  // Only the launcher's clock: half of the certificates' life is over, and none that is new starts in the future.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR_MS / 2 + 60_000 });
  const renewed = (): readonly string[] =>
    [...certificatesOf(cluster)].filter(([name, each]) => isNewer(each, first.get(name))).map(([name]) => name);
  await until(
    "three new certificates",
    () => renewed().length === 3,
    undefined,
    () => renewed().join(", "),
  );
  const held = certificatesOf(cluster);
  expect([...held].map(([name, each]) => [name, publicKeyHash(each)])).toEqual(
    [...first].map(([name, each]) => [name, publicKeyHash(each)]),
  );
  const client = Security.fromRecord((await readRecord(cluster.name)).security);
  const serial = (name: string): string | undefined => held.get(name)?.serialNumber;
  expect(await serialAt(cluster.schedulerAddress, client)).toBe(serial(`${cluster.name}-scheduler`));
  for (const { name, address } of await cluster.workers()) {
    await until(`worker ${name}`, async () => (await serialAt(address, client)) === serial(name));
  }
  await cluster.scale(3);
  expect(await cluster.run("python", ["-c", COMPUTE])).toBe(0);
  expect(told.warnings).toEqual([]);
});

/** The certificate in the file of each machine that has joined, by its name. */
function certificatesOf(cluster: LocalCluster): ReadonlyMap<string, X509Certificate> {
  const machines = join(cluster.stateDirectory, "machines");
  const fileOf = (name: string): string => join(machines, name, "root/etc/dask-fleet/tls/cert.pem");
  const joined = readdirSync(machines).filter((name) => existsSync(fileOf(name)));
  return new Map(joined.toSorted().map((name) => [name, new X509Certificate(readFileSync(fileOf(name)))]));
}

function isNewer(certificate: X509Certificate, first: X509Certificate | undefined): boolean {
  return first !== undefined && certificate.validToDate > first.validToDate;
}

const COMPUTE = `
from distributed import Client
with Client() as client:
    client.wait_for_workers(2)
    assert client.submit(sum, client.map(abs, range(10))).result() == 45
`;
