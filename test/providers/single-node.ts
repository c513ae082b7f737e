import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, test } from "vitest";

import { type ClusterManager, Security } from "../../src/index.ts";
import { isolatedState } from "../support/local-state.ts";
import { mayCarryKeys } from "../support/no-secret-told/told-in-tests.ts";
import { daskPython } from "../support/python.ts";
import { type Cloud, onRealDask, type RealDask } from "./on-real-dask.ts";

/** Options of the one machine, as the first users of singleNode had them. */
export const ONE_MACHINE = {
  singleNode: true,
  workerOptions: { nworkers: 4, nthreads: 2, memoryLimit: "2GiB", dashboard: false },
} as const;

export interface SingleNode<SimulatedCloud extends Cloud> extends Pick<RealDask<SimulatedCloud>, "section" | "open"> {
  readonly make: (security: Security) => ClusterManager;
  readonly attach: (name: string) => Promise<ClusterManager>;
  /** The machines' node names and the operation that creates them, as the cloud knows them. */
  readonly machinesOf: (cloud: SimulatedCloud) => readonly string[];
  readonly creation: string;
}

const SUBJECT = "/C=US/ST=CA/L=San Francisco/O=Example/OU=Dask/CN=dask.example.com";

/** One self-signed pair, by the very command that users have in their notes. */
function selfSigned(directory: string): Security {
  const command = "req -newkey rsa:2048 -new -nodes -x509 -days 3650 -keyout key.pem -out cert.pem -subj";
  execFileSync("openssl", [...command.split(" "), SUBJECT], { cwd: directory, stdio: "ignore" });
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  return new Security({
    tlsCaFile: cert,
    tlsClientCert: cert,
    tlsClientKey: key,
    tlsSchedulerCert: cert,
    tlsSchedulerKey: key,
    tlsWorkerCert: cert,
    tlsWorkerKey: key,
    requireEncryption: true,
  });
}

const COMPUTE = `
import sys
from distributed import Client
with Client(timeout=30) as client:
    assert client.scheduler.address.startswith("tls://"), client.scheduler.address
    assert client.submit(sum, client.map(lambda x: x * x, range(100))).result(timeout=30) == 328350
    # Each worker takes the data of every other, on whichever machine that is.
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    for one in workers:
        held = client.submit(bytes, 1000, workers=[one], key="held-" + one)
        for other in workers:
            assert client.submit(len, held, workers=[other], key=one + other).result(timeout=30) == 1000
`;

async function compute(cluster: ClusterManager): Promise<number> {
  // Older releases list all workers without being asked to.
  const program = COMPUTE.replace(
    "n_workers=-1",
    "**(dict(n_workers=-1) if 'n_workers' in Client.scheduler_info.__code__.co_varnames else {})",
  );
  return await cluster.run(daskPython(), ["-c", program]);
}

/** A cluster on one machine of a cloud, with its users' own certificates, that later gets a second machine. */
export function testSingleNode<SimulatedCloud extends Cloud>(given: SingleNode<SimulatedCloud>): void {
  const { make, attach, machinesOf, creation } = given;
  isolatedState();
  test("a cluster on one machine, with one self-signed pair for every role, grows and shrinks again", async () => {
    await onRealDask(given, async (cloud, directory) => {
      await using cluster = mayCarryKeys(make(selfSigned(directory)));
      await cluster.start();
      const [node = ""] = machinesOf(cloud);
      expect(machinesOf(cloud)).toEqual([node]);
      expect(cloud.calls.count(creation)).toBe(1);

      const own = [0, 1, 2, 3].map((index) => `${node}-${index}`);
      const workers = await cluster.workers();
      expect(workers.map(({ name }) => name).toSorted()).toEqual(own);
      const [scheduler] = await cluster.machines();
      for (const { nthreads, memoryLimit, machineId, group, address } of workers) {
        expect({ nthreads, memoryLimit, machineId, group }).toEqual({
          nthreads: 2,
          memoryLimit: 2 ** 31,
          machineId: scheduler?.id,
          group: undefined,
        });
        // Azure's list has no addresses.
        expect(address).toContain(`tls://${scheduler?.privateAddress ?? "127."}`);
      }
      expect(await compute(cluster)).toBe(0);

      await cluster.scale(1);
      expect(machinesOf(cloud)).toHaveLength(2);
      expect(await cluster.workers()).toHaveLength(8);
      expect(await compute(cluster)).toBe(0);
      await cluster.scale(0);
      expect((await cluster.workers()).map(({ name }) => name).toSorted()).toEqual(own);

      const other = await attach(cluster.name);
      // A deleted machine may be listed for a while.
      expect(other.describe()).toMatch(
        /0 of 0 workers joined, [01] machines?; 4 of 4 workers joined on the scheduler's machine/u,
      );
      await other.detach();

      await cluster.close();
      expect(cloud.leftovers(cluster.name)).toEqual([]);
    });
  });
}
