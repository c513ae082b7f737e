import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { visit } from "../../support/dashboard-visitor.ts";
import { type RawRequest, sendRaw, WEBSOCKET } from "../../support/raw-http.ts";
import { bokehSession } from "./bokeh-session.ts";
import { listeningAddresses, machineProcesses } from "./cluster-processes.ts";
import { sharedCluster } from "./shared-cluster.ts";

const { cluster } = sharedCluster(() => new LocalCluster({ nWorkers: 2 }));
const REFUSED = { status: 403, body: expect.stringMatching(/^The dashboard [^\n]*\.\n$/u) };
const NOBODY_LISTENS = { cause: { code: "ECONNREFUSED" } };

test("The dashboard answers on this computer's loopback", async () => {
  await using dashboard = await cluster().dashboard();
  expect(dashboard.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/status\?fleet-key=[\w-]{43}$/u);
  const visitor = await visit(dashboard.url);
  expect(visitor.page).toBe(dashboard.url.split("?", 1)[0]);
  const page = await visitor.get(visitor.page);
  expect(page.status).toBe(200);
  expect(/<title>.*<\/title>/u.exec(await page.text())?.[0]).toMatch(/Dask/u);
});

test("The dashboard proxies Bokeh's WebSocket in both directions", async () => {
  await using dashboard = await cluster().dashboard();
  const session = await bokehSession(dashboard.url);
  try {
    expect(session.acknowledged).toMatchObject({ msgtype: "ACK" });
    expect(await session.ask("SERVER-INFO-REQ")).toMatchObject({ msgtype: "SERVER-INFO-REPLY" });
  } finally {
    await session.close();
  }
});

test("The dashboard carries many concurrent connections, including aborted ones", async () => {
  await using dashboard = await cluster().dashboard();
  const { get } = await visit(dashboard.url);
  const whole = await (await get("/statics/css/base.css")).text();
  const cutOff = AbortSignal.timeout(100);
  const many = await Promise.allSettled(
    Array.from({ length: 150 }, async (_, index) => {
      const page = await get("/statics/css/base.css", index % 3 === 0 ? { signal: cutOff } : {});
      return await page.text();
    }),
  );
  const patient = many.filter((_, index) => index % 3 !== 0);
  expect(patient.filter((each) => each.status === "rejected" || each.value !== whole)).toEqual([]);
  expect((await get("/health")).status).toBe(200);
});

test("Two dashboards of one cluster are independent, and close separately", async () => {
  await using first = await cluster().dashboard();
  const second = await cluster().dashboard();
  expect(second.url).not.toBe(first.url);
  await second.close();
  await expect(fetch(second.url)).rejects.toMatchObject(NOBODY_LISTENS);
  const { get } = await visit(first.url);
  expect((await get("/health")).status).toBe(200);
});

test("The cluster listens on loopback only: so do its dashboard and its workers' HTTP servers", async () => {
  const { ports } = await readRecord(cluster().name);
  const addresses = await listeningAddresses(await machineProcesses(cluster().stateDirectory));
  const { hostname } = new URL(cluster().schedulerAddress);
  expect(addresses).toEqual(expect.arrayContaining([`${hostname}:${ports.dashboard}`, `${hostname}:${ports.gate}`]));
  for (const { address, services } of await cluster().workers()) {
    expect(addresses).toContain(`${new URL(address).hostname}:${services["dashboard"]}`);
  }
  expect(addresses.filter((address) => !address.startsWith("127."))).toEqual([]);
});

describe("Attack by a web page: at Dask's own pages", () => {
  test.each(["/status", "/json/counts.json", "/status/ws"])(
    "DNS rebinding to loopback reads nothing of %s",
    async (target) => {
      await using dashboard = await cluster().dashboard();
      const { port } = new URL(dashboard.url);
      const headers = [
        ["Host", `evil.example:${port}`],
        ["Origin", `http://evil.example:${port}`],
        ...asFor(target),
      ] as const;
      expect(await sendRaw(Number(port), { target, headers })).toMatchObject(REFUSED);
    },
  );

  test.each(["/status", "/json/counts.json", "/status/ws"])("another origin reads nothing of %s", async (target) => {
    await using dashboard = await cluster().dashboard();
    const { host, port } = new URL(dashboard.url);
    const headers = [["Host", host], ["Origin", "http://evil.example"], ...asFor(target)] as const;
    expect(await sendRaw(Number(port), { target, headers })).toMatchObject(REFUSED);
  });
});

describe("Attack by another user of the computer: at Dask's own pages", () => {
  test.each(["/status", "/json/counts.json", "/health", "/metrics", "/sitemap.json", "/status/ws"])(
    "without the key they read nothing of %s",
    async (target) => {
      await using dashboard = await cluster().dashboard();
      const { host, port, origin } = new URL(dashboard.url);
      const headers = [["Host", host], ["Origin", origin], ...asFor(target)] as const;
      expect(await sendRaw(Number(port), { target, headers })).toMatchObject(REFUSED);
    },
  );
});

/** A WebSocket gets a forged Bokeh token, as Dask's sessions are unsigned. */
function asFor(target: string): NonNullable<RawRequest["headers"]> {
  if (!target.endsWith("/ws")) return [["Connection", "close"]];
  const token = Buffer.from(JSON.stringify({ session_id: "self-made", session_expiry: 4e9 })).toString("base64url");
  return [...WEBSOCKET, ["Sec-WebSocket-Protocol", `bokeh, ${token}`]];
}

// The last test, as it closes the cluster.
test("The dashboard closes with the cluster, and so does a WebSocket in use", async () => {
  const { url } = await cluster().dashboard();
  const { socket } = await bokehSession(url);
  const closed = once(socket, "close", { signal: AbortSignal.timeout(20_000) });
  await cluster().close();
  await closed;
  await expect(fetch(url)).rejects.toMatchObject(NOBODY_LISTENS);
});
