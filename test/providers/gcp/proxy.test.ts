import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { LoggingProxy } from "../../support/logging-proxy.ts";
import { anHour, TestProject } from "./project.ts";

isolatedState();

const NAMES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];

beforeEach(() => {
  for (const name of NAMES.flatMap((each) => [each, each.toLowerCase()])) vi.stubEnv(name, undefined);
});

/** The hosts requested from a proxy. */
function hosts({ log }: LoggingProxy): ReadonlySet<string> {
  return new Set(log.map((line) => new URL(line.replace(/^CONNECT /, "https://").replace(/^\w+ /, "")).host));
}

/** What went through the proxy when a cluster's machines were listed, and made. */
async function passed(variables: (proxy: string, port: string) => Record<string, string>): Promise<readonly string[]> {
  await using project = await TestProject.open();
  await using proxy = await LoggingProxy.start();
  const { port } = new URL(project.cloud.endpoint);
  // Under another name, so that the log holds only calls of Compute Engine.
  vi.stubEnv("GCE_METADATA_HOST", `localhost:${port}`);
  for (const [name, value] of Object.entries(variables(proxy.url, port))) vi.stubEnv(name, value);
  const cluster = await project.cluster().prepared();
  expect((await cluster.verbs.create(cluster.request("worker", 1), anHour())).shortfall).toBeUndefined();
  await cluster.close();
  return [...hosts(proxy)].map((host) => host.replace(port, "PORT"));
}

describe("calls of Compute Engine go", () => {
  const through = ["127.0.0.1:PORT"];

  test.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])("through the proxy that %s names", async (name) => {
    expect(await passed((proxy) => ({ [name]: proxy }))).toEqual(through);
  });

  test.each<[string, (port: string) => string]>([
    ["*", () => "*"],
    ["a host", () => "example.com,127.0.0.1"],
    ["a host and its port", (port) => `127.0.0.1:${port}`],
  ])("past it where NO_PROXY has %s", async (_what, exceptions) => {
    expect(await passed((proxy, port) => ({ HTTP_PROXY: proxy, NO_PROXY: exceptions(port) }))).toEqual([]);
  });

  test("past a proxy for TLS only", async () => {
    expect(await passed((proxy) => ({ HTTPS_PROXY: proxy }))).toEqual([]);
  });

  test("through the proxy for TLS, which the error names if it leads nowhere", async () => {
    await using project = await TestProject.open();
    await using proxy = await LoggingProxy.start();
    vi.stubEnv("HTTPS_PROXY", proxy.url.replace("//", "//someone:password@"));
    const cluster = project.cluster({ endpoint: "https://127.0.0.1:9", apiRetries: 0 });
    const error: unknown = await cluster.start().catch((caught: unknown) => caught);
    expect(new Set(proxy.log)).toEqual(new Set(["CONNECT 127.0.0.1:9"]));
    expect(error).toMatchObject({
      message: expect.stringContaining(`https://127.0.0.1:9 through the proxy ${proxy.url}`) as string,
    });
    expect(String(error)).not.toContain("password");
  });
});

test("tokens are exchanged through the proxy", async () => {
  await using project = await TestProject.open();
  await using proxy = await LoggingProxy.start();
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-credentials-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { endpoint } = project.cloud;
  for (const [name, value] of Object.entries(await project.cloud.environmentWithFile(folder))) vi.stubEnv(name, value);
  vi.stubEnv("HTTP_PROXY", proxy.url);
  // The API itself is called directly, under another name of the same server.
  vi.stubEnv("NO_PROXY", "localhost");
  await project.cluster({ endpoint: endpoint.replace("127.0.0.1", "localhost") }).prepared();
  expect(project.cloud.credentials.asked).toContain("/sts/v1/token");
  expect(hosts(proxy)).toEqual(new Set([new URL(endpoint).host]));
});

test("the metadata server is reached without the proxy", async () => {
  await using project = await TestProject.open();
  await using proxy = await LoggingProxy.start();
  const { host, port } = new URL(project.cloud.endpoint);
  vi.stubEnv("GCE_METADATA_HOST", `localhost:${port}`);
  vi.stubEnv("HTTP_PROXY", proxy.url);
  await project.cluster().prepared();
  expect(project.cloud.credentials.asked).toContain("/computeMetadata/v1/instance/service-accounts/default/token");
  expect(hosts(proxy)).toEqual(new Set([host]));
});

test("a value that is no HTTP proxy is refused without being shown", async () => {
  await using project = await TestProject.open();
  vi.stubEnv("HTTP_PROXY", "socks5://someone:password@127.0.0.1:1080");
  const error: unknown = await project
    .cluster()
    .start()
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("HTTP_PROXY") as string });
  expect(String(error)).not.toContain("password");
});
