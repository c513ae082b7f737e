import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type SecureContextOptions } from "node:tls";

import { beforeAll, describe, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Security } from "../../../src/security/security.ts";
import type { TlsMaterial } from "../../../src/security/tls-material.ts";
import { type Door, DOORS, doorsOf, INSIDE, knock, knockPlainly, type Place, welcome } from "./doors.ts";
import { forge } from "./forgery.ts";
import { sharedCluster } from "./shared-cluster.ts";

const { cluster } = sharedCluster(() => new LocalCluster({ nWorkers: 1 }));
const stranger = Security.temporary();
const SHUT = /^(?:closed|ECONNRESET|EPIPE|ERR_SSL_.*ALERT_.*)$/u;
let doors: Readonly<Record<Door, Place>>;
let client: TlsMaterial;

beforeAll(async () => {
  doors = await doorsOf(cluster());
  client = Security.fromRecord((await readRecord(cluster().name)).security).materialFor("client");
});

/** OpenSSL offers such old versions only below its default security level. */
function only(version: "TLSv1" | "TLSv1.1"): SecureContextOptions {
  return { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
}

describe.each(DOORS)("%s", (door) => {
  test("accepts the client's certificate", async () => {
    expect(await welcome(door, doors[door], client)).toMatch(INSIDE);
  });

  const alert = (name: string): RegExp => new RegExp(`^ERR_SSL_.*ALERT_${name}$`, "u");

  test("rejects a connection without certificate", async () => {
    const { heard, end } = await knock(door, doors[door], { ca: client.ca });
    expect({ heard, end }).toEqual({ heard: "", end: expect.stringMatching(alert("CERTIFICATE_REQUIRED")) });
  });

  test("rejects TLS 1.2 without certificate", async () => {
    const { heard, end } = await knock(door, doors[door], { ca: client.ca, maxVersion: "TLSv1.2" });
    expect({ heard, end }).toEqual({ heard: "", end: expect.stringMatching(alert("HANDSHAKE_FAILURE")) });
  });

  test.each(["client", "scheduler", "worker"] as const)("rejects a %s of another CA", async (role) => {
    const { heard, end } = await knock(door, doors[door], { ...stranger.materialFor(role), ca: client.ca });
    expect({ heard, end }).toEqual({ heard: "", end: expect.stringMatching(alert("UNKNOWN_CA")) });
  });

  test("rejects a certificate of another CA with our CA's name", async () => {
    const { heard, end } = await knock(door, doors[door], { ...forge(client), ca: client.ca });
    expect({ heard, end }).toEqual({ heard: "", end: expect.stringMatching(alert("UNKNOWN_CA")) });
  });

  test("rejects plain TCP", async () => {
    const { heard, end } = await knockPlainly(door, doors[door]);
    // At most an alert of seven bytes.
    expect({ bytes: heard.length, inside: INSIDE.test(heard), end }).toEqual({
      bytes: expect.toSatisfy((bytes: number) => bytes <= 7),
      inside: false,
      end: expect.stringMatching(SHUT),
    });
  });

  test.each(["TLSv1", "TLSv1.1"] as const)("rejects the client's certificate by %s", async (old) => {
    const { heard, end } = await knock(door, doors[door], { ...client, ...only(old) });
    expect({ heard, end }).toEqual({ heard: "", end: expect.stringMatching(alert("PROTOCOL_VERSION")) });
  });

  test("still accepts the client's certificate afterwards", async () => {
    expect(await welcome(door, doors[door], client)).toMatch(INSIDE);
  });
});

test("Our own client rejects a server of the cluster that is not the scheduler", async () => {
  const [worker] = await cluster().workers();
  const tls = Security.fromRecord((await readRecord(cluster().name)).security).clientTls();
  for (const address of [worker?.address, worker?.nanny]) {
    await expect(SchedulerClient.connect(address ?? "", { tls })).rejects.toMatchObject({
      code: "SCHEDULER_REFUSED",
      message: expect.stringContaining("certificate of another scheduler or role"),
    });
  }
});

test.each(["TLSv1", "TLSv1.1"] as const)("The %s rejected above is accepted by other servers", async (old) => {
  const { cert, key, ca } = client;
  await using server = createServer({ cert, key, ca, requestCert: true, ...only("TLSv1"), maxVersion: old });
  server.on("secureConnection", (socket) => socket.end("come in"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, cert, key, ...only(old), rejectUnauthorized: false });
  const [word] = (await once(socket, "data")) as [Buffer];
  expect(word.toString()).toBe("come in");
  expect(socket.getProtocol()).toBe(old);
  socket.destroy();
});
