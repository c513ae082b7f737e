import { expect, test } from "vitest";

import type { ClusterProvider } from "../../src/provider/complete-provider.ts";
import { isAlive, type Machine } from "../../src/provider/machine.ts";
import { clusterTags } from "../../src/provider/tags.ts";
import { TestSubscription } from "../providers/azure/subscription.ts";
import { TestAccount as DigitalOceanAccount } from "../providers/digitalocean/account.ts";
import { TestAccount as AwsAccount } from "../providers/ec2/account.ts";
import { TestProject } from "../providers/gcp/project.ts";
import { anHour, machineRequest } from "../providers/test-cloud.ts";
import { isolatedState } from "../support/local-state.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";

isolatedState();

interface OpenCloud extends AsyncDisposable {
  readonly cloud: { kill(id: string): void };
  cluster(options?: { readonly allowedCidrs: readonly string[] }): {
    readonly name: string;
    readonly id: string | undefined;
    readonly verbs: ClusterProvider;
  };
}

const CLOUDS: readonly (readonly [string, () => Promise<OpenCloud>])[] = [
  ["Amazon EC2", () => AwsAccount.open({ pageSize: 5 })],
  ["Google Compute Engine", () => TestProject.open({ pageSize: 5 })],
  ["Azure", () => TestSubscription.open({ pageSize: 5 })],
  ["DigitalOcean", () => DigitalOceanAccount.open({ throttling: false })],
];

test.each(CLOUDS)("%s lists every machine that stopped among those that do not run", async (_name, open) => {
  await using cloud = await open();
  const cluster = cloud.cluster({ allowedCidrs: ["127.0.0.1/32"] });
  const { verbs } = cluster;
  await verbs.prepare({ tags: clusterTags(cluster, undefined, undefined), groups: [], expiresAt: undefined }, anHour());
  await verbs.create(machineRequest(cluster, "worker", 12, "a-token"), anHour());
  let listed: readonly Machine[] = [];
  await until("all to run", async () => {
    listed = await verbs.list(anHour());
    return listed.filter(({ state }) => state === "running").length === 12;
  });
  const stopped = listed.slice(0, 7).map(({ id }) => id);
  for (const id of stopped) cloud.cloud.kill(id);
  const troubled = async (): Promise<readonly string[]> => {
    const known = await verbs.list(anHour(), { notRunning: true });
    expect(new Set(known.map(({ id }) => id)).size).toBe(known.length);
    return known
      .filter((machine) => !isAlive(machine))
      .map(({ id }) => id)
      .toSorted();
  };
  await expect.poll(troubled, { timeout: patient(10_000) }).toEqual(stopped.toSorted());
});
