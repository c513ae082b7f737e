import { expect, test } from "vitest";

import { workerGroupSchema } from "../../src/cluster/groups.ts";
import type { ClusterProvider } from "../../src/provider/complete-provider.ts";
import type { Machine, MachineRequest } from "../../src/provider/machine.ts";
import { clusterTags } from "../../src/provider/tags.ts";
import { TestSubscription } from "../providers/azure/subscription.ts";
import { TestAccount as DigitalOceanAccount } from "../providers/digitalocean/account.ts";
import { TestAccount as AwsAccount } from "../providers/ec2/account.ts";
import { TestProject } from "../providers/gcp/project.ts";
import { anHour, machineRequest } from "../providers/test-cloud.ts";
import { isolatedState } from "../support/local-state.ts";
import { until } from "../support/until.ts";

isolatedState();

interface OpenCluster {
  readonly name: string;
  readonly id: string | undefined;
  readonly verbs: ClusterProvider;
}

interface OpenCloud extends AsyncDisposable {
  cluster(options?: { readonly allowedCidrs: readonly string[] }): OpenCluster;
}

const CLOUDS: readonly (readonly [string, () => Promise<OpenCloud>])[] = [
  ["Amazon EC2", () => AwsAccount.open()],
  ["Google Compute Engine", () => TestProject.open()],
  ["Azure", () => TestSubscription.open({ listLagMs: 0 })],
  ["Azure, where members of a scale set get none of its tags", () => TestSubscription.open({ memberTags: false })],
  ["DigitalOcean", () => DigitalOceanAccount.open({ throttling: false })],
];

function workersOf(cluster: OpenCluster, name: string, count: number): MachineRequest {
  return {
    ...machineRequest(cluster, "worker", count, name),
    group: workerGroupSchema.parse({ name, size: count, quorum: count }),
    tags: clusterTags(cluster, "worker", undefined, name),
  };
}

test.each(CLOUDS)("%s reports a worker's group wherever it reports its machine", async (_name, open) => {
  await using cloud = await open();
  const cluster = cloud.cluster({ allowedCidrs: ["127.0.0.1/32"] });
  const { verbs } = cluster;
  await verbs.prepare({ tags: clusterTags(cluster, undefined, undefined), groups: [], expiresAt: undefined }, anHour());
  const [gpu, others] = await Promise.all([
    verbs.create(workersOf(cluster, "gpu", 2), anHour()),
    verbs.create(workersOf(cluster, "default", 1), anHour()),
  ]);
  const machines = [...gpu.machines, ...others.machines];
  const groupsIn = (things: readonly Pick<Machine, "id" | "group">[]): unknown =>
    machines.map(({ id }) => (things.find((thing) => thing.id === id) ?? { group: "none such" }).group);
  const expected = ["gpu", "gpu", undefined];
  expect(groupsIn(machines)).toEqual(expected);
  let listed: readonly Machine[] = [];
  await until("all to be listed", async () => (listed = await verbs.list(anHour())).length === 3);
  expect(groupsIn(listed)).toEqual(expected);
  const found = async (): Promise<unknown> => groupsIn(await verbs.find(cluster.name, anHour()));
  await expect.poll(found, { timeout: 20_000 }).toEqual(expected);
});
