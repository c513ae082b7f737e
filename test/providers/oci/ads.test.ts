import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";
import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { expect, test, vi } from "vitest";

import { daskFleet } from "../../../src/cli/dask-fleet.ts";
import { adsCertificates, CERT_ID, certificatesOfUser, putCertificates } from "../../support/ads-certificates.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { adsText } from "../../unit/cluster-file/ads-text.ts";
import { onRealDask } from "../on-real-dask.ts";

isolatedState();

const NAME = "fit-trees";
const TLS = ["--tls-ca-file /code/none-ca.pem", "--tls-cert /code/none.pem", "--tls-key /code/none.key"];
/** Connects as ADS's documentation says. */
const PROGRAM = `
import os, sys
from distributed import Client
with Client(f"{os.environ['SCHEDULER_IP']}:{os.environ.get('SCHEDULER_PORT', '8786')}", timeout=30) as client:
    total = client.submit(sum, range(int(os.environ["SIZE"]))).result()
    print(client.scheduler.address.split(":")[0], len(client.scheduler_info()["workers"]), total, *sys.argv[1:])
sys.exit(7)
`;

async function open(directory: string): Promise<SimulatedOci> {
  return await new SimulatedOci({ boot: "process", directory, bootMs: 1000 }).start();
}

/** The exit code of a command and what it prints. */
async function fleet(...args: readonly string[]): Promise<readonly [number, string]> {
  let out = "";
  const written = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((out += String(text))));
  return [await daskFleet([...args, "--quiet"]).finally(() => written.mockRestore()), out];
}

test(
  "An ADS document runs unchanged: machines fetch its certificate, its entry point computes, its exit code comes back",
  async () => {
    const certificates = adsCertificates();
    await using stores = await new SimulatedStores().start();
    putCertificates(stores, certificates);
    for (const [name, value] of Object.entries(stores.environment())) vi.stubEnv(name, value);
    await onRealDask({ section: "OCI", open }, async (cloud, directory) => {
      await using ofUser = await certificatesOfUser(cloud, certificates);
      vi.stubEnv("OCI_CLI_ENDPOINT", ofUser.endpoint);
      vi.stubEnv("DASK_CLOUDPROVIDER__OCI__LIST_LAG_MS", "1000");
      const document = adsText({
        replicas: 2,
        certificate: true,
        scheduler: TLS,
        worker: TLS,
        env: "[{ name: SIZE, value: 10 }]",
        program: "kwargs: --cv 5",
      });
      const file = join(directory, "ads.yaml");
      await writeFile(join(directory, "fit.py"), PROGRAM);
      await writeFile(
        file,
        document
          .replace("ocid1.compartment.oc1..a", cloud.compartment)
          .replace("ocid1.subnet.oc1.iad.a", cloud.publicSubnet),
      );
      try {
        expect(await fleet("up", file)).toEqual([7, "tls 2 45 --cv 5\n"]);
        // Again: it is the same cluster.
        expect(await fleet("up", file)).toEqual([7, "tls 2 45 --cv 5\n"]);
        expect(cloud.machines.map(({ shape }) => shape)).toEqual(Array(3).fill("VM.Standard.E4.Flex"));
        for (const { id, userData } of cloud.machines) {
          const at = async (path: string): Promise<string> => await readFile(join(directory, id, "root", path), "utf8");
          expect(await at("code/none-ca.pem")).toContain(certificates.ca.trim());
          expect(await at("code/none.pem")).toContain(certificates.cert.trim());
          expect((await at("code/none.key")).trim()).toBe(certificates.key.trim());
          const told = gunzipSync(userData ?? "").toString();
          expect(told).toContain(CERT_ID);
          expect(told).not.toContain(certificates.key.split("\n")[1]);
        }
      } finally {
        expect(await fleet("down", NAME)).toEqual([0, ""]);
      }
      expect(cloud.leftovers(NAME)).toEqual([]);
    });
  },
  patient(120_000),
);
