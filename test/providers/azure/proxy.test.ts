import { beforeEach, expect, test, vi } from "vitest";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { LoggingProxy } from "../../support/logging-proxy.ts";
import { anHour, FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];
const WHERE = { location: "eastus", resourceGroup: "dask-rg", apiRetries: 0 };

beforeEach(() => {
  for (const name of VARIABLES) for (const each of [name, name.toLowerCase()]) vi.stubEnv(each, undefined);
});

test("a full lifecycle, tokens and consoles included, goes through the environment's proxy", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper", listLagMs: 0 });
  await using proxy = await LoggingProxy.start();
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  const { cloud } = subscription;
  let direct = 0;
  const tunnels = (): number => proxy.log.length;
  const cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 1, security: false }).start();
  const [scheduler] = await cluster.machines();
  const before = tunnels();
  if (scheduler !== undefined) direct += (await cluster.verbs.console(scheduler, anHour())).length;
  expect([direct > 0, tunnels() > before]).toEqual([true, true]);
  await cluster.close();
  const { host } = new URL(cloud.endpoint);
  expect(new Set(proxy.log)).toEqual(new Set([`CONNECT ${host}`]));
  // Connections are kept: TLS is not shaken hands over for each call.
  expect(proxy.log.length).toBeLessThan(cloud.calls.count() / 2);
  expect(cloud.leftovers(cluster.name)).toEqual([]);
});

test.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])("%s is obeyed", async (name) => {
  await using subscription = await TestSubscription.open();
  await using proxy = await LoggingProxy.start();
  vi.stubEnv(name, proxy.url);
  const { endpoint } = subscription.cloud;
  await AzureVMCluster.list({ ...WHERE, endpoint });
  const { host } = new URL(endpoint);
  expect(new Set(proxy.log)).toEqual(new Set([`CONNECT ${host}`]));
});

test.each(["NO_PROXY", "no_proxy"])("%s is obeyed, even if set after the SDK was loaded", async (name) => {
  await using subscription = await TestSubscription.open();
  await using proxy = await LoggingProxy.start();
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  vi.stubEnv(name, "example.com,localhost");
  await AzureVMCluster.list({ ...WHERE, endpoint: subscription.cloud.endpoint });
  expect(proxy.log).toEqual([]);
});

test("a dead proxy is named in the error without its password", async () => {
  await using subscription = await TestSubscription.open();
  vi.stubEnv("HTTPS_PROXY", "http://me:a-password@127.0.0.1:1");
  const asking = AzureVMCluster.list({ ...WHERE, endpoint: subscription.cloud.endpoint });
  const error: unknown = await asking.catch((each: unknown) => each);
  expect(String(error)).toMatch(/ECONNREFUSED|issued no token|connection to/);
  expect(String(error)).not.toContain("a-password");
});
