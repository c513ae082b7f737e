import { expect, test } from "vitest";

import { DropletCluster } from "../../../../providers/digitalocean/index.ts";
import { isolatedState } from "../../../../test/support/local-state.ts";
import type { WireReply, WireRequest } from "../../src/core/http-cloud.ts";
import { SimulatedDigitalOcean } from "../../src/digitalocean/simulated-digitalocean.ts";
import { officialDescription } from "./official.ts";

isolatedState();

const official = officialDescription();

/** A simulated cloud that notes what DigitalOcean's own description would not have. */
class Checked extends SimulatedDigitalOcean {
  readonly found: string[] = [];
  readonly operations = new Set<string>();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    const reply = await super.answer(operation, request);
    const { method, url, body } = request;
    const parsed = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));
    this.operations.add(operation);
    if (body.length > 0) this.found.push(...(official?.faults(method, url.pathname, parsed(body.toString())) ?? []));
    const answered = parsed(String(reply.body ?? ""));
    if (reply.status < 300) {
      this.found.push(...(official?.faults(method, url.pathname, answered, reply.status) ?? []));
    }
    return reply;
  }
}

test.runIf(official !== undefined)(
  "the provider's requests and simulated responses match DigitalOcean's specification",
  async () => {
    await using cloud = await new Checked({ boot: "paper", throttling: false }).start();
    const [token = ""] = cloud.tokens;
    const options = { token, endpoint: cloud.endpoint, pollIntervalMs: 20, listLagMs: 100, closeOnExit: false };
    const vpcUuid = cloud.account.vpcs.find(({ region }) => region === "nyc3")?.id;
    const lives = [
      { allowedCidrs: ["127.0.0.1/32", "2001:db8::/32"], monitoring: true, dropletTags: ["team:data"] },
      { publicIp: false, vpcUuid, image: 155_133_621, extraDropletOptions: { backups: true } },
    ];
    for (const each of lives) {
      await using cluster = await new DropletCluster({
        ...options,
        ...each,
        nWorkers: 3,
        maxLifetimeMs: 86_400_000,
      }).start();
      await cluster.scale(1);
      await DropletCluster.list(options);
      await cluster.close();
    }
    expect(cloud.found).toEqual([]);
    expect(cloud.violations).toEqual([]);
    expect(cloud.operations.size).toBeGreaterThan(12);
  },
);
