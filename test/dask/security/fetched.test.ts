import { X509Certificate } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import type { FetchTls } from "../../../src/security/node-tls.ts";
import type { SecretReference } from "../../../src/security/references/secret-reference.ts";
import type { TlsMaterial } from "../../../src/security/tls-material.ts";
import { askClient } from "../machine/client.ts";
import { GateClient } from "../machine/gate-client.ts";
import { NodeProcess, ownAddress } from "../machine/node-process.ts";
import { makePki } from "../machine/pki.ts";
import { pythons } from "../machine/pythons.ts";

const pki = makePki();
const SECRET = `it's "$HOME" \\ é\n`;

let stores: SimulatedStores;
beforeEach(async () => {
  stores = await new SimulatedStores().start();
});
afterEach(() => stores[Symbol.asyncDispose]());

type Put = (role: "scheduler" | "worker", tls: TlsMaterial) => FetchTls["files"];

/** Where certificates and keys are kept, and how they come there. */
const STORES: readonly [name: string, put: Put][] = [
  [
    "AWS Secrets Manager",
    (role, { ca, cert, key }) => {
      const put = (name: string, value: string): SecretReference => {
        stores.aws.putSecret(`${role}/${name}`, value);
        return { store: "aws-sm", id: `${role}/${name}` };
      };
      return { ca: put("ca", ca), cert: put("cert", cert), key: put("key", key) };
    },
  ],
  [
    "OCI's Certificates",
    (role, { ca, cert, key }) => {
      const bundle = { store: "oci-cert", ocid: `ocid1.certificate.oc1.iad.${role}` } as const;
      stores.oci.putCertificate(bundle.ocid, { certificatePem: cert, privateKeyPem: key });
      stores.oci.putAuthority("ocid1.certificateauthority.oc1.iad.a", { certificatePem: ca });
      return {
        ca: { store: "oci-cert-authority", ocid: "ocid1.certificateauthority.oc1.iad.a" },
        cert: bundle,
        key: bundle,
      };
    },
  ],
  [
    "HashiCorp's Vault",
    (role, material) => {
      const url = stores.vault.put(`secret/data/${role}`, { ...material });
      const of = (field: string): SecretReference => ({ store: "vault", url, auth: "aws", role: "dask", field });
      return { ca: of("ca"), cert: of("cert"), key: of("key") };
    },
  ],
];

describe("Real Dask speaks TLS with files from", () => {
  const { python } = pythons().at(-1) ?? { python: "python3" };
  const base = { clusterName: "test", nameFrom: "instance-id", runtime: "native", python } as const;

  test.each(STORES)("%s, and has secrets in its environment", async (_, put) => {
    const hosts = [ownAddress(), ownAddress()];
    const address = `tls://${hosts[0]}:8786`;
    stores.aws.putSecret("token", SECRET);
    const fetch = (role: "scheduler" | "worker"): FetchTls => ({ delivery: "fetch", files: put(role, pki[role]) });
    const secrets = { envVars: { TOKEN: { store: "aws-sm", id: "token" } } } as const;
    const scheduler: NodeSpec = { ...base, role: "scheduler", security: fetch("scheduler"), host: hosts[0] };
    const worker = {
      ...base,
      role: "worker",
      security: fetch("worker"),
      host: hosts[1],
      schedulerAddress: address,
    } as const;
    await using first = new NodeProcess(scheduler, "i-0scheduler", stores.environment());
    await using second = new NodeProcess({ ...worker, secrets }, "i-0worker", stores.environment());
    await second.shows("Starting established connection");
    const code = `
def token():
    import os
    return os.environ["TOKEN"]

answer = client.submit(token).result()
`;
    expect(await askClient(python, address, pki.client, code)).toBe(SECRET);
    for (const { root, output } of [first, second]) {
      expect(output).not.toContain("PRIVATE KEY");
      expect(output).not.toContain(SECRET.trim());
      // Nothing of it is where a disk would be, and nobody else's.
      expect(readdirSync(join(root, "etc/dask-fleet")).filter((name) => name.startsWith("tls"))).toEqual([]);
      expect(statSync(join(root, "run/dask-fleet/fetched")).mode & 0o777).toBe(0o700);
      expect(statSync(join(root, "run/dask-fleet/fetched/tls/key.pem")).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(second.root, "run/dask-fleet/fetched/user.env")).mode & 0o777).toBe(0o600);
    second.signal("SIGTERM");
    first.signal("SIGTERM");
    expect([await second.ends(), await first.ends()]).toEqual([143, 143]);
  });

  test("the dashboard's gate comes with the agent", async () => {
    const [, put] = STORES[0] ?? [];
    const files = put?.("scheduler", pki.scheduler) as FetchTls["files"];
    const host = ownAddress();
    const spec: NodeSpec = { ...base, role: "scheduler", security: { delivery: "fetch", files }, host };
    await using node = new NodeProcess(spec, "i-0scheduler", stores.environment());
    await node.shows("Scheduler at:");
    const schedulerKey256 = publicKeyHash(new X509Certificate(pki.scheduler.cert));
    const tls = { material: pki.client, minVersion: "TLSv1.2", schedulerKey256 } as const;
    await using client = await SchedulerClient.connect(`tls://${host}:8786`, { tls });
    expect(await installAgent(client, { cluster: "test" })).toEqual({ failed: {} });
    await new GateClient(host, pki.client).expectOpen();
  });

  test("nobody who refuses it: the start's error names store, secret and reason", async () => {
    const [, put] = STORES[0] ?? [];
    const files = put?.("scheduler", pki.scheduler);
    stores.aws.denied.add("scheduler/key");
    const spec: NodeSpec = {
      ...base,
      role: "scheduler",
      security: { delivery: "fetch", files: files as FetchTls["files"] },
    };
    await using node = new NodeProcess(spec, "i-0scheduler", stores.environment());
    expect(await node.ends()).toBe(78);
    expect(node.output).toMatch(
      /dask-fleet: gave up: a secret cannot be fetched: aws-sm:scheduler\/key: secretsmanager\.eu-central-1\.amazonaws\.com: 400 .*AccessDenied/u,
    );
    expect(node.output).toContain("another machine would fail in the same way");
  });
});
