import { createServer } from "node:http";

import { loopbackTls, WireServer } from "@dask-fleet/simulated-clouds";
import { expect, test, vi } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { DropletApi } from "../../../providers/digitalocean/api/client.ts";
import { messageOf } from "../../../src/errors.ts";
import { LoggingProxy } from "../../support/logging-proxy.ts";
import { looksAt } from "../../support/looks-at.ts";
import { anHour } from "./account.ts";

const TOKEN = "dop_v1_seen-by-no-proxy";

function useProxy(url: string, none = ""): void {
  for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) vi.stubEnv(name, url);
  for (const name of ["NO_PROXY", "no_proxy"]) vi.stubEnv(name, none);
}

async function cloud(tls: boolean): Promise<WireServer> {
  const headers = { "content-type": "application/json" };
  return await WireServer.open(
    async () => ({ status: 200, headers, body: JSON.stringify({ meta: { total: 7 } }) }),
    tls ? loopbackTls() : undefined,
  );
}

async function count(endpoint: string): Promise<unknown> {
  const api = await DropletApi.open({ token: TOKEN, endpoint, apiRetries: 0 });
  return await api.count("/droplets", anHour()).catch((error: unknown) => error);
}

test("calls tunnel through HTTPS_PROXY, which sees neither token nor path", async () => {
  await using server = await cloud(true);
  await using proxy = await LoggingProxy.start();
  useProxy(proxy.url);
  expect(await count(server.endpoint)).toBe(7);
  expect(proxy.log).toEqual([`CONNECT ${new URL(server.endpoint).host}`]);
});

test("NO_PROXY is obeyed", async () => {
  await using server = await cloud(true);
  await using proxy = await LoggingProxy.start();
  useProxy(proxy.url, "localhost,.example.com");
  expect(await count(server.endpoint)).toBe(7);
  expect(proxy.log).toEqual([]);
});

test("an endpoint without TLS, such as a gateway's, is reached through HTTP_PROXY", async () => {
  await using server = await cloud(false);
  await using proxy = await LoggingProxy.start();
  useProxy(proxy.url);
  expect(await count(server.endpoint)).toBe(7);
  expect(proxy.log).toEqual([`GET ${server.endpoint}/v2/droplets?per_page=1`]);
});

test("a proxy that requires credentials or does not answer is named without its password", async () => {
  await using server = await cloud(true);
  const asks = createServer();
  asks.on("connect", (_request, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
  await using proxy = await Listening.open(asks, 0, "127.0.0.1");
  useProxy(`http://127.0.0.1:${proxy.port}`);
  expect(messageOf(await count(server.endpoint))).toMatch(/^The proxy asks for credentials\. Set HTTPS_PROXY/);
  useProxy("http://user:proxy-password@127.0.0.1:1");
  const error = await count(server.endpoint);
  expect(error).toMatchObject({ meaning: "transient", message: expect.stringMatching(/HTTPS_PROXY/) });
  expect(looksAt(error).join(" ")).not.toContain("proxy-password");
});
