import type { TLSSocket } from "node:tls";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { SERVER_HANDSHAKE } from "../../../packages/simulated-clouds/src/boot/speak-dask.ts";
import { parseAddress } from "../../../src/dask/address.ts";
import { dial } from "../../../src/dask/comm/dial.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import type { ClientTls } from "../../../src/security/tls-material.ts";
import { patient } from "../../support/patience.ts";
import { FakeServer } from "../../unit/dask/fake-server.ts";
import { type SelfSigned, daskTls, selfSigned } from "./certificates.ts";
import { DaskProcesses } from "./dask-processes.ts";

const SERVER_NAME = "scheduler.test.dask.internal";

let dask: DaskProcesses;
let ours: SelfSigned;
let foreign: SelfSigned;

beforeAll(async () => {
  [ours, foreign] = await Promise.all([selfSigned(SERVER_NAME), selfSigned(SERVER_NAME)]);
  dask = await DaskProcesses.start("127.83.1.4", { protocol: "tls", env: daskTls(ours) });
  await dask.addWorker("secure", ["--no-nanny"]);
});

afterAll(async () => {
  await dask?.stop();
});

function tls(changes: Partial<ClientTls> = {}): ClientTls {
  const { ca, cert, key, schedulerKey256 } = ours;
  return { material: { ca, cert, key }, minVersion: "TLSv1.2", serverName: SERVER_NAME, schedulerKey256, ...changes };
}

describe("SchedulerClient over TLS", () => {
  it.each([
    ["the name and the pinned key", {}],
    ["the pinned key alone", { serverName: undefined }],
    ["TLS 1.3 alone", { minVersion: "TLSv1.3" }],
    ["TLS 1.2 with a custom cipher", { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-GCM-SHA384" }],
  ] satisfies [string, Partial<ClientTls>][])("connects by %s", async (_, changes) => {
    expect(dask.address).toMatch(/^tls:/u);
    await using client = await SchedulerClient.connect(dask.address, { tls: tls(changes) });
    expect(await client.workers()).toMatchObject([{ name: "secure", address: expect.stringMatching(/^tls:/u) }]);
    expect((await client.versions()).workers.size).toBe(1);
  });

  it("keeps TLS 1.3 when TLS 1.2 ciphers are configured", async () => {
    const settings = tls({ ciphers: "ECDHE-RSA-AES256-GCM-SHA384" });
    const socket = await dial(parseAddress(dask.address), settings, new Deadline(patient(10_000)));
    expect((socket as TLSSocket).getProtocol()).toBe("TLSv1.3");
    socket.destroy();
  });

  it.each([
    ["a certificate of another key", () => ({ schedulerKey256: foreign.schedulerKey256 })],
    ["another key, without a known name", () => ({ schedulerKey256: foreign.schedulerKey256, serverName: undefined })],
    ["no pin at all", () => ({ schedulerKey256: "" })],
    ["a certificate with another name", () => ({ serverName: "worker.test.dask.internal" })],
    ["a certificate of another CA", () => ({ material: { ...foreign, cert: ours.cert, key: ours.key } })],
  ] satisfies [string, () => Partial<ClientTls>][])("refuses a scheduler that presents %s", async (_, changes) => {
    // The certificate checks cannot be disabled from outside either.
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await expect(SchedulerClient.connect(dask.address, { tls: tls(changes()) })).rejects.toMatchObject({
      code: "SCHEDULER_REFUSED",
      message: expect.stringMatching(/it shows the certificate of another scheduler or role/u),
    });
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "reports over %s that the scheduler does not trust our CA",
    async (version) => {
      const material = { ca: ours.ca, cert: foreign.cert, key: foreign.key };
      const connecting = SchedulerClient.connect(dask.address, {
        tls: tls({ material, minVersion: version, maxVersion: version }),
      });
      await expect(connecting).rejects.toMatchObject({
        code: "SCHEDULER_REFUSED",
        message: expect.stringMatching(/our client certificate was signed by a CA it does not know/u),
      });
    },
  );

  it("reports that a scheduler without TLS does not speak it", async () => {
    await using server = await FakeServer.start((socket) => socket.write(SERVER_HANDSHAKE));
    const address = server.address.replace("tcp:", "tls:");
    await expect(SchedulerClient.connect(address, { tls: tls() })).rejects.toMatchObject({
      code: "SCHEDULER_REFUSED",
      message: expect.stringMatching(/does not speak TLS/u),
    });
  });

  it("times out on a peer that never answers the TLS handshake", async () => {
    await using server = await FakeServer.start(() => undefined);
    const address = server.address.replace("tcp:", "tls:");
    await expect(SchedulerClient.connect(address, { tls: tls(), timeoutMs: 1000 })).rejects.toMatchObject({
      code: "SCHEDULER_UNREACHABLE",
      message: expect.stringMatching(/no answer to the TLS handshake within 1 s/u),
    });
    await server.peers[0]?.closed;
  });

  it("cannot reach a TLS scheduler by tcp://", async () => {
    await expect(SchedulerClient.connect(dask.address.replace("tls:", "tcp:"))).rejects.toMatchObject({
      code: "SCHEDULER_UNREACHABLE",
    });
  });
});
