import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loopbackTls, type ServerIdentity } from "@dask-fleet/simulated-clouds";
import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";
import { beforeEach, describe, expect, test, vi } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { EC2Cluster } from "../../../providers/aws/index.ts";
import { messageOf } from "../../../src/errors.ts";
import { ownState } from "../../conformance/world.ts";
import { LoggingProxy } from "../../support/logging-proxy.ts";
import { QUICK } from "../test-cloud.ts";

ownState();

class Ec2OverTls extends SimulatedEc2 {
  protected override get tls(): ServerIdentity {
    return loopbackTls();
  }
}

const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];

beforeEach(() => {
  for (const name of VARIABLES) for (const each of [name, name.toLowerCase()]) vi.stubEnv(each, undefined);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000000");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "simulated-secret");
});

function cluster(cloud: SimulatedEc2): EC2Cluster {
  const { region, endpoint } = cloud;
  return new EC2Cluster({ ...QUICK, region, endpoint, nWorkers: 1, addressService: `${endpoint}/checkip` });
}

async function list({ region, endpoint }: SimulatedEc2): Promise<string> {
  return await EC2Cluster.list({ region, endpoint, apiRetries: 0 }).then(() => "listed", messageOf);
}

describe.each([
  ["https", Ec2OverTls, "HTTPS_PROXY"],
  ["http", SimulatedEc2, "HTTP_PROXY"],
] as const)("EC2 over %s", (scheme, Cloud, variable) => {
  test("A full lifecycle goes through the proxy, the address look-up included", async () => {
    await using cloud = await new Cloud({ boot: "paper" }).start();
    await using proxy = await LoggingProxy.start();
    vi.stubEnv(variable, proxy.url);
    const life = await cluster(cloud).start();
    await life.close();
    const { host } = new URL(cloud.endpoint);
    const targets = new Set(proxy.log);
    expect(targets).toEqual(
      new Set(scheme === "https" ? [`CONNECT ${host}`] : [`POST http://${host}/`, `GET http://${host}/checkip`]),
    );
    // Connections are kept: TLS is not shaken hands over for each call.
    if (scheme === "https") expect(proxy.log.length).toBeLessThan(cloud.calls.count() / 2);
    expect(cloud.leftovers(life.name)).toEqual([]);
    expect(cloud.violations).toEqual([]);
  });

  test.each([variable, variable.toLowerCase(), "ALL_PROXY", "all_proxy"])("%s is obeyed", async (name) => {
    await using cloud = await new Cloud().start();
    await using proxy = await LoggingProxy.start();
    vi.stubEnv(name, proxy.url);
    expect(await list(cloud)).toBe("listed");
    expect(proxy.log.length).toBeGreaterThan(0);
  });

  test.each(["NO_PROXY", "no_proxy"])("%s is obeyed", async (name) => {
    await using cloud = await new Cloud().start();
    await using proxy = await LoggingProxy.start();
    vi.stubEnv(variable, proxy.url);
    vi.stubEnv(name, "example.com,localhost,127.0.0.1");
    expect(await list(cloud)).toBe("listed");
    expect(proxy.log).toEqual([]);
  });
});

test("The metadata service is reached without the proxy", async () => {
  await using cloud = await new Ec2OverTls().start();
  await using proxy = await LoggingProxy.start();
  await using metadata = await Listening.open(
    createServer((request, response) => {
      const { url = "" } = request;
      const role = "/latest/meta-data/iam/security-credentials/";
      const until = new Date(Date.now() + 3_600_000).toISOString();
      const keys = {
        AccessKeyId: "ASIASIMULATED",
        SecretAccessKey: "s",
        Token: "t",
        Expiration: until,
        Code: "Success",
      };
      response.end(url === role ? "a-role" : url.startsWith(role) ? JSON.stringify(keys) : "a-token");
    }),
    0,
    "127.0.0.1",
  );
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", `http://127.0.0.1:${metadata.port}`);
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  vi.stubEnv("HTTP_PROXY", proxy.url);
  expect(await list(cloud)).toBe("listed");
  expect(new Set(proxy.log)).toEqual(new Set([`CONNECT ${new URL(cloud.endpoint).host}`]));
});

test("Single sign-on credentials come through the proxy", async () => {
  await using cloud = await new SimulatedEc2().start();
  await using proxy = await LoggingProxy.start();
  const server = createServer((_request, response) => {
    const keys = {
      accessKeyId: "ASIASIMULATED",
      secretAccessKey: "s",
      sessionToken: "t",
      expiration: Date.now() + 3_600_000,
    };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ roleCredentials: keys }));
  });
  await using portal = await Listening.open(server, 0, "127.0.0.1");
  const home = await mkdtemp(join(tmpdir(), "dask-fleet-sso-"));
  try {
    const start = "https://example.awsapps.com/start";
    const cached = join(home, ".aws", "sso", "cache");
    await mkdir(cached, { recursive: true });
    const token = { accessToken: "a-token", expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
    await writeFile(join(cached, `${createHash("sha1").update(start).digest("hex")}.json`), JSON.stringify(token));
    const lines = [
      `sso_start_url = ${start}`,
      "sso_region = us-east-1",
      "sso_account_id = 123456789012",
      "sso_role_name = r",
    ];
    await writeFile(join(home, ".aws", "config"), ["[profile me]", ...lines, ""].join("\n"));
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, undefined);
    vi.stubEnv("HOME", home);
    vi.stubEnv("AWS_CONFIG_FILE", join(home, ".aws", "config"));
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    vi.stubEnv("AWS_PROFILE", "me");
    vi.stubEnv("AWS_ENDPOINT_URL_SSO", `http://127.0.0.1:${portal.port}`);
    vi.stubEnv("HTTP_PROXY", proxy.url);
    expect(await list(cloud)).toBe("listed");
    expect(proxy.log.filter((line) => line.includes(`127.0.0.1:${portal.port}/federation/credentials`))).toHaveLength(
      1,
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

describe("an error names the proxy, and not its password", () => {
  test("that does not answer", async () => {
    await using cloud = await new Ec2OverTls().start();
    vi.stubEnv("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:9");
    const message = await list(cloud);
    expect(message).toContain(`The connection to ${cloud.endpoint} through the proxy http://127.0.0.1:9 failed`);
    expect(message).not.toContain("hunter2");
  });

  test.each([
    [407, "requires credentials. Set HTTPS_PROXY"],
    [403, "refused the connection"],
  ])("that refuses with %i", async (status, words) => {
    await using cloud = await new Ec2OverTls().start();
    const server = createServer();
    server.on("connect", (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-type: text/html\r\n\r\n<html><body>No</body></html>`);
    });
    await using proxy = await Listening.open(server, 0, "127.0.0.1");
    vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${proxy.port}`);
    expect(await list(cloud)).toContain(words);
  });

  test("that does not speak HTTP", async () => {
    await using cloud = await new Ec2OverTls().start();
    vi.stubEnv("HTTPS_PROXY", "socks5://me:hunter2@127.0.0.1:9");
    const message = await list(cloud);
    expect(message).toContain("The variable HTTPS_PROXY must be the URL of an HTTP proxy");
    expect(message).not.toContain("hunter2");
  });
});
