import { expect, test } from "vitest";

import { ToldCluster } from "../../packages/simulated-clouds/test/core/user-data-fixture.ts";
import { until } from "../support/until.ts";
import { AZURE, DIGITALOCEAN, EC2, GCE, OCI } from "./clouds/all.ts";
import { newerImage } from "./lab/lab-image.ts";
import { Lab } from "./lab/lab.ts";

const newer = newerImage();
const address = "10.77.100.1";

/** This image has no Dask: its cloud-init must find the user data and start our unit. */
test.runIf(newer !== undefined).each([
  { cloud: EC2, id: "i-00000000000000001" },
  { cloud: GCE, id: "1234567890" },
  { cloud: AZURE, id: "7b0c9b5e-5b1f-4a58-9c0e-0d6f5a1c2b3d" },
  { cloud: DIGITALOCEAN, id: "1234567" },
  { cloud: OCI, id: "ocid1.instance.oc1.iad.a1b2c3" },
])("the newer cloud-init takes the same user data from $cloud.name's datasource", async ({ cloud, id }) => {
  await using lab = await Lab.open(cloud.disguise(), newer);
  // DigitalOcean's is text; elsewhere it is gzip'd, and Google's service tells it in base64.
  const gzip = cloud !== DIGITALOCEAN;
  const told = new ToldCluster("newer", { runtime: "native", extraBootstrap: ["echo was here >/var/lib/extra"] });
  const userData = Buffer.from(told.worker("10.77.100.2", { nameFrom: "hostname" }, { gzip }));
  const machine = await lab.boot({
    id,
    instanceId: id,
    hostname: "dask-newer-worker",
    privateAddress: address,
    userData,
    attributes: { "user-data": userData.toString("base64"), "user-data-encoding": "base64" },
    admits: () => true,
  });
  await until("the console to say so", async () => (await machine.console()).includes("waiting for the scheduler"));
  const status = await machine.sh("cloud-init status --wait --long || true");
  expect(status).toContain("status: done");
  expect(status).toContain(`detail: ${cloud.datasource}`);
  expect(await machine.sh("cat /var/lib/extra /etc/hostname")).toBe("was here\ndask-newer-worker");
  expect(await machine.sh("stat --format %a /etc/dask-fleet/tls/key.pem")).toBe("600");
});
