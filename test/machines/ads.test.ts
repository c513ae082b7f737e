import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { expect, test, vi } from "vitest";

import type { SimulatedOci } from "../../packages/simulated-clouds/src/oci/simulated-oci.ts";
import { daskFleet } from "../../src/cli/dask-fleet.ts";
import { ownState } from "../conformance/world.ts";
import { adsCertificates, certificatesOfUser, putCertificates } from "../support/ads-certificates.ts";
import { adsText } from "../unit/cluster-file/ads-text.ts";
import { OCI } from "./clouds/all.ts";
import { OciDisguise } from "./clouds/oci.ts";
import { labImage } from "./lab/lab-image.ts";
import { Upstream } from "./lab/upstream.ts";
import { RealWorld } from "./real-world.ts";

ownState();

const TLS = ["--tls-ca-file /code/none-ca.pem", "--tls-cert /code/none.pem", "--tls-key /code/none.key"];
/** As ADS connects to its own clusters: with the files at their locations. */
const PROGRAM = `
import os, sys
from distributed import Client
from distributed.security import Security
ca, cert, key = ("/code/none-ca.pem", "/code/none.pem", "/code/none.key")
security = Security(tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True)
with Client(os.environ["SCHEDULER_IP"] + ":8786", security=security, timeout=30) as client:
    print(client.submit(sum, range(10)).result(), os.path.exists("/.dockerenv"))
sys.exit(7)
`;

test(
  "On machines of OCI, in the document's image: the certificate is at its locations, and the entry point's exit code comes back",
  { timeout: 300_000 },
  async () => {
    const certificates = adsCertificates();
    await using stores = await new SimulatedStores().start();
    putCertificates(stores, certificates);
    await using real = await RealWorld.open({ ...OCI, disguise: () => new OciDisguise(stores) });
    await using _upstream = await Upstream.open(
      labImage().upstream,
      undefined,
      stores.environment()["DASK_FLEET_STORES"],
    );
    const cloud = real.world.cloud.cloud as unknown as SimulatedOci;
    await using ofUser = await certificatesOfUser(cloud, certificates);
    for (const [name, value] of Object.entries({ ...cloud.environment(), OCI_CLI_ENDPOINT: ofUser.endpoint }))
      vi.stubEnv(name, value);
    const folder = await mkdtemp(join(tmpdir(), "ads-"));
    const file = join(folder, "ads.yaml");
    const document = adsText({ replicas: 1, certificate: true, scheduler: TLS, worker: TLS });
    await writeFile(join(folder, "fit.py"), PROGRAM);
    await writeFile(
      file,
      document
        .replace("ocid1.compartment.oc1..a", cloud.compartment)
        .replace("ocid1.subnet.oc1.iad.a", cloud.publicSubnet)
        .replace("registry.example/team/dask:1", "registry.lab/dask:1"),
    );
    let out = "";
    const written = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((out += String(text))));
    // The lab's image has no program named python.
    const set = ["python=python3", "start-timeout=200s", "list-lag-ms=1000"].flatMap((each) => ["--set", each]);
    const code = await daskFleet(["up", file, ...set]).finally(() => written.mockRestore());
    expect([code, out]).toEqual([7, "45 True\n"]);
    expect(await daskFleet(["down", "fit-trees"])).toBe(0);
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  },
);
