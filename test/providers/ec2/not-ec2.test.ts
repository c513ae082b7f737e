import { createServer } from "node:http";

import { expect, test, vi } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { EC2Cluster } from "../../../providers/aws/index.ts";
import { TestAccount, type OpenCluster, anHour } from "./account.ts";

test.each([
  ["nothing", ""],
  ["a page of a proxy", '<html xmlns="http://www.w3.org/1999/xhtml"><body>Please log in</body></html>'],
  ["another service's XML", "<ListBucketResult><Name>b</Name></ListBucketResult>"],
])("A response of %s is not taken for an empty list: nothing counts as gone", async (_what, body) => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "testing");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "testing");
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/xml" }).end(body);
  });
  await using proxy = await Listening.open(server, 0, "127.0.0.1");
  const where = { region: "us-east-1", endpoint: `http://127.0.0.1:${proxy.port}`, apiRetries: 0 };
  await expect(EC2Cluster.list(where)).rejects.toMatchObject({
    code: "PROVIDER_FAILED",
    message: expect.stringMatching(/did not come from EC2\. Check proxy and endpoint/),
  });
});

async function thousandWorkers(cluster: OpenCluster): ReturnType<OpenCluster["verbs"]["create"]> {
  return await cluster.verbs.create(cluster.request("worker", 1000), anHour());
}

test("A type without capacity is not requested again for the remaining hundreds", async () => {
  await using account = await TestAccount.open();
  const types = { workerInstanceType: "m6i.large", instanceTypes: ["m5.large"] };
  const cluster = await account.cluster(types).prepared();
  account.cloud.capacity = [{ instances: 0 }];
  const { machines, shortfall } = await thousandWorkers(cluster);
  expect([machines, shortfall]).toMatchObject([[], { code: "CAPACITY_UNAVAILABLE" }]);
  const places = new Set(shortfall?.message.match(/m[56]i?\.large in \S+/g));
  // As many as one request asks for, in each place.
  expect(account.cloud.calls.count("RunInstances")).toBeLessThanOrEqual(5 * places.size);
});
