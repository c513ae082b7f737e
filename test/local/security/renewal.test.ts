import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { parseAddress } from "../../../src/dask/address.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { Told } from "../life/told.ts";

isolatedState();

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

const COMPUTE = `
from distributed import Client
with Client() as client:
    client.wait_for_workers(2)
    assert client.submit(sum, client.map(abs, range(10))).result() == 45
`;
