import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster, type LocalClusterOptions } from "../../../providers/local/index.ts";
import { seconds } from "../../../src/deadline.ts";
import { Security } from "../../../src/security/security.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { OpensslFiles } from "../../unit/security/openssl-files.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();

async function preload(text: string): Promise<string> {
  const path = join(directory(), `preload-${randomUUID()}.py`);
  await writeFile(path, text);
  return path;
}

const SLEEPS = "import time\nprint('asleep', flush=True)\ntime.sleep(600)\n";

/** The error of a start that must fail, not much later than its timeout. */
async function failure(options: LocalClusterOptions): Promise<unknown> {
  const cluster = new LocalCluster(options);
  const began = performance.now();
  const error: unknown = await cluster.start().catch((error: unknown) => error);
  expect(performance.now() - began).toBeLessThan((options.startTimeoutMs ?? patient(20_000)) + patient(5000));
  expect(cluster.state).toBe("failed");
  expect(error).not.toHaveProperty("teardownError");
  return error;
}

const says = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const timedOut = (ms: number, waitedFor: RegExp): unknown =>
  says("TIMEOUT", new RegExp(`^Timed out after ${seconds(patient(ms))} waiting for ${waitedFor.source}`));

test("A scheduler that crashes immediately fails the start with its own reason", async () => {
  const file = await preload("raise RuntimeError('the preload is broken')\n");
  const error = await failure({ nWorkers: 1, schedulerOptions: { preload: file } });
  expect(error).toEqual(says("START_FAILED", /-scheduler stopped before Dask was up[^]*the preload is broken/));
});

test("Timeouts show the last status and the console output of the machine that never came up", async () => {
  const [sleeps, breaks] = [await preload(SLEEPS), await preload("raise RuntimeError('the preload is broken')\n")];
  const errors = await Promise.all([
    failure({ nWorkers: 1, schedulerOptions: { preload: sleeps }, startTimeoutMs: patient(8000) }),
    failure({ nWorkers: 1, workerOptions: { preload: sleeps }, startTimeoutMs: patient(12_000) }),
    failure({ nWorkers: 1, workerOptions: { preload: breaks }, startTimeoutMs: patient(25_000) }),
  ]);
  expect(errors).toEqual([
    timedOut(8000, /the scheduler at tls:[^]*machine \S+ is running[^]*asleep/),
    timedOut(12_000, /1 workers to join[^]*0 of 1 workers joined[^]*asleep/),
    says("START_FAILED", /three tries ended alike \(status 1\): RuntimeError: the preload is broken/),
  ]);
});

test("A port in use fails the start immediately, with that reason", async () => {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const error = await failure({ nWorkers: 0, schedulerPort: port });
    expect(error).toEqual(says("CONFIG_INVALID", new RegExp(`port ${port}`)));
  } finally {
    server.close();
  }
});

test.each([1, 300])("A start with a timeout of %i ms ends in time", async (startTimeoutMs) => {
  expect(await failure({ nWorkers: 1, startTimeoutMs })).toEqual(says("TIMEOUT", /^Timed out after .* waiting for /));
});

test("An expired certificate fails the start before anything is created", async () => {
  using files = new OpensslFiles();
  const ca = files.authority("ca");
  const { cert, key } = files.signed("expired", ca, { days: -1 });
  const security = new Security({ tlsCaFile: ca.cert, tlsClientCert: cert, tlsClientKey: key });
  const cluster = new LocalCluster({ nWorkers: 1, security });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "SECURITY_INVALID",
    message: expect.stringMatching(/expired at 20/),
  });
  expect(existsSync(cluster.stateDirectory)).toBe(false);
});
