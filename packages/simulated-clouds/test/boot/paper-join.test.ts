import { expect, test } from "vitest";

import type { NodeSpec } from "../../../../src/bootstrap/node-spec.ts";
import { buildUserData } from "../../../../src/bootstrap/user-data.ts";
import { StandInLauncher } from "../../../../test/support/join/stand-in-launcher.ts";
import { until } from "../../../../test/support/until.ts";
import type { SimMachine } from "../../src/core/machine.ts";
import { make } from "../core/toy-client.ts";
import { ToyCloud } from "../core/toy-cloud.ts";
import { consoleOf } from "./paper-cluster.ts";

const COMMON = { clusterName: "toy", nameFrom: "instance-id", autoShutdown: true } as const;

function bytesOf(spec: NodeSpec): Uint8Array {
  return buildUserData(spec, { limitBytes: 1e6, gzip: true, where: "the toy cloud" }).bytes;
}

/** A scheduler's machine on a toy cloud, and what makes workers of it. */
class JoinedCluster {
  readonly launcher = new StandInLauncher();
  readonly cloud: ToyCloud;
  readonly schedulerSpec: NodeSpec;

  constructor(cloud: ToyCloud, more: Partial<NodeSpec> = {}) {
    this.cloud = cloud;
    this.schedulerSpec = { ...COMMON, ...more, role: "scheduler", security: this.launcher.joins("scheduler") };
  }

  async scheduler(): Promise<SimMachine> {
    return await make(this.cloud, bytesOf(this.schedulerSpec), { publicIp: true });
  }

  workerSpec(host: string): NodeSpec {
    const security = this.launcher.joins("worker");
    return { ...COMMON, role: "worker", security, schedulerAddress: `tls://${host}:8786` };
  }

  async workers(host: string, count: number): Promise<readonly SimMachine[]> {
    const bytes = bytesOf(this.workerSpec(host));
    return await Promise.all(Array.from({ length: count }, async () => await make(this.cloud, bytes)));
  }

  get names(): readonly string[] {
    return [...(this.cloud.paper.scheduler("toy")?.workers.keys() ?? [])];
  }
}

test("a thousand paper machines each make a key and join with it", async () => {
  await using cloud = await new ToyCloud({ boot: "paper" }).start();
  const cluster = new JoinedCluster(cloud);
  const { launcher } = cluster;
  const head = await cluster.scheduler();
  const { privateAddress, publicAddress = "" } = head.input;
  await launcher.sign(cluster.schedulerSpec, publicAddress);
  await using client = await launcher.connect(`tls://${publicAddress}:8786`);
  await using _serving = await launcher.serve(client, cluster.workerSpec(privateAddress));
  const machines = await cluster.workers(privateAddress, 1000);
  await until("a thousand workers", () => cluster.names.length === 1000, 30_000);
  expect(launcher.heard.every(({ isGenuine }) => isGenuine)).toBe(true);
  expect(new Set(launcher.heard.map(({ spki }) => spki)).size).toBe(1000);
  expect(launcher.heard.map(({ from }) => from).toSorted()).toEqual(
    machines.map(({ input }) => input.privateAddress).toSorted(),
  );
});

test("paper machines beside a scheduler join, and those that are refused or forgotten say so", async () => {
  await using cloud = await new ToyCloud({ boot: "paper" }).start();
  const cluster = new JoinedCluster(cloud, { startTimeoutMs: 2000 });
  const { launcher } = cluster;
  const forgotten = await cluster.scheduler();
  expect(await consoleOf(forgotten, "gave up")).toContain("no launcher came to port 8788 within 2 s");

  const single = new JoinedCluster(cloud, { beside: { security: launcher.joins("worker") } });
  const spec: NodeSpec = { ...single.schedulerSpec, beside: { security: single.launcher.joins("worker") } };
  const head = await make(cloud, bytesOf(spec), { publicIp: true });
  const { publicAddress = "", privateAddress, instanceId } = head.input;
  await single.launcher.sign(spec, publicAddress);
  await using client = await single.launcher.connect(`tls://${publicAddress}:8786`);
  const judge = ({ name }: { readonly name: string }): { refused: string } | undefined =>
    name === instanceId ? undefined : { refused: "not one of ours" };
  await using _serving = await single.launcher.serve(client, spec, { judge });
  await until("the workers beside it", () => single.names.includes(instanceId));
  const [stranger] = await single.workers(privateAddress, 1);
  if (stranger === undefined) throw new Error("no machine");
  expect(await consoleOf(stranger, "gave up")).toContain("gives this machine no certificate: not one of ours");
});
