import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";
import { expect, test, vi } from "vitest";

import { daskFleet } from "../../../src/cli/dask-fleet.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { adsText } from "../../unit/cluster-file/ads-text.ts";
import { onRealDask } from "../on-real-dask.ts";

isolatedState();

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

test(
  "An ADS document runs on Oracle Cloud: its entry point computes, and its exit code comes back",
  async () => {
    await onRealDask({ section: "OCI", open }, async (cloud, directory) => {
      vi.stubEnv("DASK_CLOUDPROVIDER__OCI__LIST_LAG_MS", "1000");
      await writeFile(join(directory, "fit.py"), PROGRAM);
      const file = join(directory, "ads.yaml");
      const text = adsText({ replicas: 2, env: "[{ name: SIZE, value: 10 }]", program: "kwargs: --cv 5" });
      await writeFile(
        file,
        text
          .replace("ocid1.compartment.oc1..a", cloud.compartment)
          .replace("ocid1.subnet.oc1.iad.a", cloud.publicSubnet),
      );
      let out = "";
      const written = vi.spyOn(process.stdout, "write").mockImplementation((words) => Boolean((out += String(words))));
      const code = await daskFleet(["up", file]).finally(() => written.mockRestore());
      try {
        expect([code, out]).toEqual([7, "tls 2 45 --cv 5\n"]);
        expect(cloud.machines.map(({ shape }) => shape)).toEqual(Array(3).fill("VM.Standard.E4.Flex"));
      } finally {
        expect(await daskFleet(["down", "fit-trees"])).toBe(0);
      }
      expect(cloud.leftovers("fit-trees")).toEqual([]);
    });
  },
  patient(120_000),
);
