import { generateKeyPairSync } from "node:crypto";
import type { RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { gzipSync } from "node:zlib";

import { loopbackTls } from "@dask-fleet/simulated-clouds";
import { describe, expect, test, vi } from "vitest";

import { apiKey, CredentialFiles } from "../../packages/simulated-clouds/src/oci/credentials.ts";
import { Listening } from "../../packages/simulated-clouds/src/support/listening.ts";
import { EC2Cluster } from "../../providers/aws/index.ts";
import { AzureVMCluster } from "../../providers/azure/index.ts";
import { DropletCluster } from "../../providers/digitalocean/index.ts";
import { GCPCluster } from "../../providers/gcp/index.ts";
import { OCICluster } from "../../providers/oci/index.ts";

const JSON_TYPE = { "content-type": "application/json" };
const MEBI = Buffer.alloc(2 ** 20, " ");

/** Asks each cloud for its clusters; `answer` is what stands in its place. */
const CLOUDS: Readonly<Record<string, (endpoint: string) => Promise<unknown>>> = {
  EC2: async (endpoint) => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "testing");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "testing");
    return await EC2Cluster.list({ region: "us-east-1", endpoint, apiRetries: 0 });
  },
  Azure: async (endpoint) => {
    const credential = { getToken: async () => await Promise.resolve({ token: "t", expiresOnTimestamp: 9e15 }) };
    const where = {
      location: "eastus",
      resourceGroup: "dask-rg",
      subscriptionId: "00000000-0000-0000-0000-000000000001",
    };
    return await AzureVMCluster.list({ ...where, credential, endpoint, apiRetries: 0 });
  },
  Google: async (endpoint) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const serviceAccountCredentials = { client_email: "dask@example.com", private_key: key };
    return await GCPCluster.list({
      projectId: "dask-project",
      zone: "us-east1-c",
      serviceAccountCredentials,
      endpoint,
      apiRetries: 0,
    });
  },
  OCI: async (endpoint) => {
    vi.stubEnv("OCI_CLI_CONFIG_FILE", new CredentialFiles("us-ashburn-1", apiKey()).configFile);
    return await OCICluster.list({ endpoint, apiRetries: 0 });
  },
  DigitalOcean: async (endpoint) => await DropletCluster.list({ token: "t".repeat(64), endpoint, apiRetries: 0 }),
};

/** As much as is taken, up to a gigabyte. Counts what was sent. */
function flood(response: ServerResponse, sent: { mebibytes: number }): void {
  const write = (): void => {
    while (!response.destroyed && sent.mebibytes < 1024) {
      sent.mebibytes += 1;
      if (!response.write(MEBI)) return;
    }
    response.end();
  };
  response.on("drain", write);
  write();
}

async function ask(cloud: string, answer: RequestListener): Promise<unknown> {
  const { key, cert } = loopbackTls();
  const server = createServer({ key, cert }, (request, response) => {
    request.resume();
    answer(request, response);
  });
  await using listening = await Listening.open(server, 0, "127.0.0.1");
  return await CLOUDS[cloud]?.(`https://localhost:${listening.port}`).catch((error: unknown) => error);
}

describe.each(Object.keys(CLOUDS))("Attack by a hostile reply: an impostor of %s", (cloud) => {
  const refused = {
    code: "PROVIDER_FAILED",
    message: expect.stringMatching(/larger than 64 MiB: it did not come from .*\. Check proxy and endpoint\./u),
  };

  test("cannot fill the memory with an endless answer", async () => {
    const sent = { mebibytes: 0 };
    const failure = await ask(cloud, (_, response) => flood(response.writeHead(200, JSON_TYPE), sent));
    expect(failure).toMatchObject(refused);
    // Several lists are asked for at a time.
    expect(sent.mebibytes).toBeLessThan(768);
  });

  test("cannot fill it with a small answer that unpacks into a large one", async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 2 ** 20, " "), { level: 9 });
    const failure = await ask(cloud, (_, response) => {
      response.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" }).end(bomb);
    });
    // EC2's SDK and OCI's transport do not decompress unless they requested compression.
    expect(failure).toMatchObject(["EC2", "OCI"].includes(cloud) ? { code: "PROVIDER_FAILED" } : refused);
  });

  test("cannot fill it with headers or redirect it for ever", async () => {
    const many = `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(50_000)}`;
    expect(await ask(cloud, (_, { socket }) => void socket?.write(many))).toMatchObject({ code: "PROVIDER_FAILED" });
    let asked = 0;
    const failure = await ask(cloud, ({ url = "/" }, response) => {
      asked += 1;
      response.writeHead(307, { location: url }).end();
    });
    expect(failure).toMatchObject({ code: "PROVIDER_FAILED" });
    expect(asked).toBeLessThan(10);
  });
});
