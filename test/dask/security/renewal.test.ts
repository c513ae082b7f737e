import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";

import { describe, expect, test } from "vitest";

import { parseAddress } from "../../../src/dask/address.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import { renewalStatus, renewCertificates } from "../../../src/dask/agent/renewal.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Security } from "../../../src/security/security.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { LOADER } from "../agent/agent-dask.ts";
import { killLauncher } from "../agent/kill-launcher.ts";
import { DaskProcesses } from "../client/dask-processes.ts";
import { pythons } from "../machine/pythons.ts";

const HOUR_MS = 3_600_000;
const ROLES = ["scheduler", "worker", "client"] as const;

/** Real Dask over TLS, with the loader, and each role's files in a folder of its own. */
class SecureDask implements AsyncDisposable {
  readonly security: Security;
  readonly folder: string;
  readonly dask: DaskProcesses;
  readonly #sockets: TLSSocket[] = [];

  static async start(host: string, python: string, lastingMs: number): Promise<SecureDask> {
    // Renewed ones last longer, however much time a busy computer is given.
    const validForMs = Math.max(HOUR_MS, 2 * lastingMs);
    const security = Security.temporary({ validForMs, now: new Date(Date.now() + lastingMs - validForMs) });
    const folder = await mkdtemp(join(tmpdir(), "dask-fleet-renewal-"));
    const env = SecureDask.#write(security, folder);
    const preload = { DASK_DISTRIBUTED__SCHEDULER__PRELOAD: LOADER, DASK_DISTRIBUTED__WORKER__PRELOAD: LOADER };
    const dask = await DaskProcesses.start(host, { env: { ...preload, ...env }, protocol: "tls", python });
    return new SecureDask(security, folder, dask);
  }

  private constructor(security: Security, folder: string, dask: DaskProcesses) {
    this.security = security;
    this.folder = folder;
    this.dask = dask;
  }

  /** As on machines: a role's client has the role's own files. */
  static #write(security: Security, folder: string): NodeJS.ProcessEnv {
    for (const role of ROLES) {
      mkdirSync(join(folder, role), { recursive: true });
      for (const [name, text] of Object.entries(security.materialFor(role))) {
        writeFileSync(join(folder, role, `${name}.pem`), text, { mode: 0o600 });
      }
    }
    const tls = "DASK_DISTRIBUTED__COMM__TLS__";
    const pair = (as: string, role: string): NodeJS.ProcessEnv => ({
      [`${tls}${as}__CERT`]: join(folder, role, "cert.pem"),
      [`${tls}${as}__KEY`]: join(folder, role, "key.pem"),
    });
    const roles = { ...pair("SCHEDULER", "scheduler"), ...pair("WORKER", "worker"), ...pair("CLIENT", "worker") };
    return {
      ...roles,
      [`${tls}CA_FILE`]: join(folder, "worker", "ca.pem"),
      DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION: "True",
    };
  }

  async connect(): Promise<SchedulerClient> {
    const { security } = this;
    return await SchedulerClient.connect(this.dask.address, { tls: () => security.clientTls() });
  }

  /** A worker whose machine was told other certificates. */
  async addWorkerWith(name: string, security: Security): Promise<void> {
    await this.dask.addWorker(name, ["--no-nanny"], SecureDask.#write(security, join(this.folder, name)));
  }

  /** The serial number that a server shows in a new connection. */
  async serialAt(address: string): Promise<string> {
    const { ca, cert, key } = this.security.materialFor("client");
    const socket = connect({ ...parseAddress(address), ca, cert, key, checkServerIdentity: () => undefined });
    this.#sockets.push(socket);
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(patient(10_000)) });
    const serial = socket.getPeerX509Certificate()?.serialNumber ?? "";
    socket.destroy();
    return serial;
  }

  async serials(client: SchedulerClient): Promise<readonly string[]> {
    const workers = await client.workers();
    const addresses = workers.flatMap(({ address, nanny }) => [address, ...(nanny === undefined ? [] : [nanny])]);
    return await Promise.all(addresses.map(async (address) => await this.serialAt(address)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.dask.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A new client of the cluster computes, and workers exchange data. */
const COMPUTE = `
import os
from distributed import Client

if __name__ == "__main__":
    with Client(os.environ["SCHEDULER"], timeout="30s") as client:
        workers = list(client.scheduler_info(**({"n_workers": -1} if "n_workers" in Client.scheduler_info.__code__.co_varnames else {}))["workers"])
        data = client.map(lambda size: bytes(size), [1_000_000] * len(workers), pure=False)
        print(client.submit(lambda pieces: sum(map(len, pieces)), data, pure=False).result(timeout=60) == 1_000_000 * len(workers), len(workers))
`;

/** A task's own client, made at the first call, opens a new connection. */
const TASK_CLIENT = `
import os
from distributed import Client

def dial():
    from distributed import get_client
    from distributed.core import connect
    client = get_client()
    comm = client.sync(connect, client.scheduler.address, **client.connection_args)
    client.sync(comm.close)
    return client.id

if __name__ == "__main__":
    with Client(os.environ["SCHEDULER"], timeout="30s") as client:
        print(client.submit(dial, pure=False, workers=["nanny"]).result(timeout=60))
`;

describe.each(pythons())("Certificates are renewed in life with distributed $version", ({ python }) => {
  test("on the scheduler, a nanny, workers, in their files, for late machines; hostile and mistaken requests change nothing", async () => {
    await using cluster = await SecureDask.start("127.83.12.1", python, 1_800_000);
    const { dask, security, folder } = cluster;
    await using client = await cluster.connect();
    expect(await installAgent(client, { cluster: "test" })).toMatchObject({ failed: {} });
    await Promise.all([dask.addWorker("nanny"), dask.addWorker("bare", ["--no-nanny"])]);
    const first = Security.fromRecord(security.toRecord());
    const [before] = await cluster.serials(client);

    const next = security.renewed();
    const stranger = Security.temporary().renewed();
    const key = security.materialFor("scheduler").key;
    for (const [scheduler, worker] of [
      [undefined, undefined],
      [7, {}],
      ["", ""],
      [next.scheduler, `${next.worker}${key}`],
      [`${key}${next.scheduler}`, next.worker],
      [next.scheduler.repeat(100_000), next.worker],
      [next.scheduler.slice(0, 300), next.worker],
      [next.worker, next.worker],
      [next.client, next.worker],
      [stranger.scheduler, next.worker],
      [next.scheduler, stranger.worker],
      [security.renewed(new Date(Date.now() - patient(3 * HOUR_MS))).scheduler, security.renewed(new Date(0)).worker],
    ]) {
      await expect(client.ask({ op: "fleet_renew", scheduler, worker })).rejects.toThrow(RemoteError);
    }
    const refused = await renewalStatus(client);
    expect(refused).toMatchObject({ worker: undefined, workers: 2, behind: 0, mute: 0, troubles: [] });
    expect(refused.scheduler.notAfter).toEqual(first.notAfter);
    expect(new Set(await cluster.serials(client))).toEqual(new Set([before]));

    const told = Security.fromRecord(first.toRecord());
    told.adopt(next);
    writeFileSync(join(folder, "next.json"), JSON.stringify(told.toRecord()), { mode: 0o600 });
    await killLauncher(dask.address, "renewal", join(folder, "next.json"));
    expect(new Set(await cluster.serials(client))).toEqual(new Set([before]));

    // A launcher that dies half-way leaves a cluster of old and new certificates, of one CA.
    await renewCertificates(client, { scheduler: next.scheduler, worker: first.certificates().worker });
    expect(await dask.python(COMPUTE)).toBe("True 2");

    const renewed = await renewCertificates(client, next);
    expect(renewed.scheduler.notAfter > first.notAfter).toBe(true);
    expect(await renewCertificates(client, next)).toMatchObject({ scheduler: renewed.scheduler });
    // Older ones are late on their way, not wanted.
    await renewCertificates(client, first.certificates());
    security.adopt(next);
    expect(await cluster.serialAt(dask.address)).toBe(renewed.scheduler.serial);
    const serial = renewed.worker?.serial ?? "";
    await until("all of them to show the new certificate", async () =>
      (await cluster.serials(client)).every((each) => each === serial),
    );
    expect(serial).not.toBe(before);
    expect(readFileSync(join(folder, "worker", "cert.pem"), "utf8")).toBe(next.worker);
    expect(readFileSync(join(folder, "scheduler", "cert.pem"), "utf8")).toBe(next.scheduler);

    await cluster.addWorkerWith("late", first);
    expect(new Set(await cluster.serials(client))).toEqual(new Set([serial]));
    await until("the late worker to tell", async () => (await renewalStatus(client)).behind === 0);
    expect(await renewalStatus(client)).toMatchObject({ workers: 3, mute: 0, troubles: [] });
    // A client with the first certificate is welcome as long as that is valid: it has the same CA and key.
    await using old = await SchedulerClient.connect(dask.address, { tls: first.clientTls() });
    expect(await old.workers()).toHaveLength(3);
    expect(await dask.python(COMPUTE)).toBe("True 3");
  });
});

test("A cluster whose certificates have expired is rescued over a connection that was open before", async () => {
  const lastingMs = patient(11_000);
  await using cluster = await SecureDask.start("127.83.12.9", pythons().at(-1)?.python ?? "python3", lastingMs);
  const { dask, security } = cluster;
  await using client = await cluster.connect();
  await installAgent(client, { cluster: "test" });
  await dask.addWorker("nanny");
  const taskClient = await dask.python(TASK_CLIENT);
  const { notAfter } = security;
  await until("the nanny to be known", async () => (await renewalStatus(client)).workers === 1);
  await until("the certificates to expire", () => Date.now() > notAfter.getTime() + 1000, lastingMs);
  await expect(cluster.connect()).rejects.toMatchObject({ code: "SCHEDULER_REFUSED" });

  const next = security.renewed();
  await renewCertificates(client, next);
  security.adopt(next);
  await until("worker and nanny to be renewed", async () => {
    const status = await renewalStatus(client);
    return status.behind === 0;
  });
  await using fresh = await cluster.connect();
  expect(await fresh.workers()).toHaveLength(1);
  await until("the nanny to have looked at its file", async () => {
    const serials = await cluster.serials(client).catch(() => []);
    return serials.length === 2 && new Set(serials).size === 1;
  });
  expect(await dask.python(TASK_CLIENT)).toBe(taskClient);
  await dask.addWorker("new", ["--no-nanny"]);
  expect(await dask.python(COMPUTE)).toBe("True 2");
});
