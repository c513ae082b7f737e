import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { ACCEPTED_VARIANTS } from "../../unit/security/accepted-variants.ts";
import { OpensslFiles } from "../../unit/security/openssl-files.ts";
import { type Door, DOORS, doorsOf, knock, type Place, welcome } from "./doors.ts";
import { sharedCluster } from "./shared-cluster.ts";

let files: OpensslFiles;
beforeAll(() => {
  files = new OpensslFiles();
});
afterAll(() => files[Symbol.dispose]());

const COMPUTE = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";

describe("A cluster computes with", () => {
  isolatedState();

  test.each([
    "one self-signed certificate as CA, certificate and key (openssl req -x509 -newkey)",
    "certificate and key in one PEM",
    "a chain with an intermediate behind the leaf",
  ])("%s", async (variant) => {
    const security = new Security(ACCEPTED_VARIANTS[variant]?.(files) ?? {});
    await using cluster = await new LocalCluster({ nWorkers: 1, security }).start();
    expect(cluster.schedulerAddress).toMatch(/^tls:/u);
    expect(await cluster.run("python", ["-c", COMPUTE], { stdio: "ignore" })).toBe(0);
  });
});

describe("A cluster computes with a CA of the system, a full chain and a server name", () => {
  isolatedState();

  test("and its clients are given that CA alone", async () => {
    const root = files.authority("system-root");
    const intermediate = files.intermediate("system-intermediate", root);
    const { cert, key } = files.signed("named", intermediate, {
      extensions: ["subjectAltName=DNS:scheduler.example.com"],
    });
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, readFileSync(root.cert, "utf8")]);
    onTestFinished(() => setDefaultCACertificates(before));
    const security = new Security({
      tlsCaFile: "system",
      tlsClientCert: files.join("named-chain.pem", cert, intermediate.cert),
      tlsClientKey: key,
      serverName: "scheduler.example.com",
    });
    await using cluster = await new LocalCluster({ nWorkers: 1, security }).start();
    expect(await cluster.run("python", ["-c", COMPUTE], { stdio: "ignore" })).toBe(0);
    const { DASK_DISTRIBUTED__COMM__TLS__CA_FILE: ca = "" } = cluster.clientEnv({ inline: true });
    expect(ca.trim()).toBe(readFileSync(root.cert, "utf8").trim());
  });
});

describe("A cluster with its own CA and a signed certificate per role", () => {
  const { cluster } = sharedCluster(() => {
    const options = ACCEPTED_VARIANTS["a CA and a separate leaf per role, the client's for clients only"]?.(files);
    security = new Security(options ?? {});
    return new LocalCluster({ nWorkers: 1, security });
  });
  let security: Security;
  let doors: Readonly<Record<Door, Place>>;

  beforeAll(async () => {
    doors = await doorsOf(cluster());
  });

  /** A certificate of the same CA, made by the command line, with a validity in days. */
  function issue(name: string, days: number): { readonly cert: string; readonly key: string } {
    const authority = { cert: files.path("role-ca.pem"), key: files.path("role-ca.key") };
    const { cert, key } = files.signed(name, authority, { extensions: ["extendedKeyUsage=clientAuth"], days });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  }

  test("computes", async () => {
    expect(await cluster().run("python", ["-c", COMPUTE], { stdio: "ignore" })).toBe(0);
  });

  test.each(DOORS)("opens %s to certificates of the CA until they expire", async (door) => {
    const { ca } = security.materialFor("client");
    const open = { ...issue("in-date", 1), ca, checkServerIdentity: () => undefined };
    expect(await welcome(door, doors[door], open)).not.toBe("");
    const { heard, end } = await knock(door, doors[door], { ...issue("expired", -1), ca });
    const why = door === "the dashboard's gate" ? /^closed$|ECONNRESET|EPIPE|ALERT/u : /ALERT_CERTIFICATE_EXPIRED$/u;
    expect({ heard, end }).toEqual({ heard: "", end: expect.stringMatching(why) });
  });

  test("reports when our own certificate expired", async () => {
    const { ca } = security.materialFor("client");
    const expired = new Date(Date.now() - 1000);
    const tls = {
      ...security.clientTls(),
      material: { ...issue("expired-client", -1), ca },
      notAfter: { scheduler: security.notAfter, client: expired },
    };
    await expect(SchedulerClient.connect(cluster().schedulerAddress, { tls })).rejects.toMatchObject({
      code: "SCHEDULER_REFUSED",
      message: expect.stringContaining(`our client certificate expired at ${expired.toISOString()}`),
    });
  });

  test("is not confused with another server whose certificate has the same CA", async () => {
    const tls = security.clientTls();
    const [worker] = await cluster().workers();
    const address = worker?.address ?? "";
    await expect(SchedulerClient.connect(address, { tls })).rejects.toMatchObject({
      code: "SCHEDULER_REFUSED",
      message: expect.stringContaining(`instead of ${tls.schedulerKey256}`),
    });
    // Only the certificate was wrong.
    const schedulerKey256 = publicKeyHash(new X509Certificate(security.materialFor("worker").cert));
    await using client = await SchedulerClient.connect(address, { tls: { ...tls, schedulerKey256 } });
    expect(client.address).toBe(address);
  });
});
