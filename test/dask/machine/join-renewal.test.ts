import { X509Certificate, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { parseAddress } from "../../../src/dask/address.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import { spkiOf } from "../../../src/security/certificates/public-key.ts";
import { StandInLauncher } from "../../support/join/stand-in-launcher.ts";
import { until } from "../../support/until.ts";
import { specsFor } from "./join-specs.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";
import { pythons } from "./pythons.ts";

const LATER_MS = 120_000;

function keyHash(pem: string): string {
  const der = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex");
}

test.each(pythons())(
  "each machine's certificate is renewed for its own key, with distributed $version",
  async ({ python }) => {
    const launcher = new StandInLauncher();
    const { scheduler, worker, host, address } = specsFor(launcher, python);
    await using head = new NodeProcess(scheduler, "i-0head");
    await launcher.sign(scheduler, host);
    await using client = await launcher.connect(address);
    await using _serving = await launcher.serve(client, worker);
    await using one = new NodeProcess({ ...worker, workerOptions: { nworkers: 2 } }, "i-0one");
    await using two = new NodeProcess({ ...worker, host: ownAddress() }, "i-0two");
    const certificate = (node: NodeProcess): string =>
      readFileSync(join(node.root, "etc/dask-fleet/tls/cert.pem"), "utf8");
    const inForce = async (): Promise<readonly string[]> => {
      const answer = await client.ask({ op: "fleet_renewal_certificates" });
      return answer
        .map()
        .get("certificates")
        .list()
        .map((pem) => pem.text());
    };
    await until("three workers to have told theirs", async () => (await client.workers()).length === 3);
    const first = await inForce();
    expect(first.toSorted()).toEqual([certificate(one), certificate(two)].toSorted());

    const renewed = (pem: string, role: "scheduler" | "worker"): string =>
      launcher.authority.issue(role, spkiOf(new X509Certificate(pem).publicKey), new Date(Date.now() + LATER_MS));
    const next = renewed(certificate(head), "scheduler");
    const workers = Object.fromEntries(first.map((pem) => [keyHash(pem), renewed(pem, "worker")]));
    const [key = "", other = ""] = Object.keys(workers);
    for (const wrong of [{ [key]: workers[other] }, { [key]: "" }, { x: workers[key] }, 7, [workers[key]]]) {
      await expect(client.ask({ op: "fleet_renew", scheduler: next, workers: wrong })).rejects.toThrow(RemoteError);
    }
    expect(certificate(head)).not.toBe(next);

    await client.ask({ op: "fleet_renew", scheduler: next, workers });
    const wanted = Object.values(workers).toSorted();
    await until("all machines to have theirs", async () => {
      const status = (await client.ask({ op: "fleet_renewal" })).map();
      return status.get("behind").number() === 0 && (await inForce()).toSorted().join() === wanted.join();
    });
    expect([certificate(one), certificate(two)].toSorted()).toEqual(wanted);
    const serialAt = async (at: string, port: number): Promise<string | undefined> => {
      const socket = await launcher.dial(at, port);
      const serial = socket.getPeerX509Certificate()?.serialNumber;
      socket.destroy();
      return serial;
    };
    const serial = new X509Certificate(next).serialNumber;
    // Dask's port, the gate, and where machines ask.
    for (const port of [8786, 8788, 8789]) expect(await serialAt(host, port)).toBe(serial);
    const shown = await Promise.all(
      (await client.workers()).map(async (each) => {
        const { host: at, port } = parseAddress(each.address);
        return await serialAt(at, port);
      }),
    );
    const serials = Object.values(workers).map((pem) => new X509Certificate(pem).serialNumber);
    expect(new Set(shown)).toEqual(new Set(serials));
  },
);
