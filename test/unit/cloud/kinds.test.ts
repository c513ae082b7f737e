import { describe, expect, test } from "vitest";

import { CloudNodes } from "../../../src/cloud/cloud-nodes.ts";
import type { ResolvedVmOptions } from "../../../src/cloud/cloud-options.ts";
import { kindInWords, kindKey, kindsOf, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { requestFor, plannedMachines } from "../../../src/cloud/plan/cloud-plan.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";

function group(name: string, options: WorkerGroup["options"] = {}): WorkerGroup {
  return { name, size: 2, minimum: 0, quorum: 2, options };
}

const options = { runtime: "docker", spot: false, publicIp: true, workerPublicIp: true } as ResolvedVmOptions;
const cpu = group("default");
const gpu = group("gpu", { dockerImage: "ghcr.io/some/gpu:1", spot: true });

describe("Kinds of machines", () => {
  test("are the scheduler's and those of each group, with the group's options over the cluster's", () => {
    const [scheduler, first, second] = kindsOf({ spot: false, diskSize: 40 }, [cpu, group("big", { diskSize: 500 })]);
    expect(scheduler).toEqual({ role: "scheduler", group: undefined, options: { spot: false, diskSize: 40 } });
    expect(first?.options).toEqual({ spot: false, diskSize: 40 });
    expect(second?.options).toEqual({ spot: false, diskSize: 500 });
  });

  test("have a key, words, and the place of an option", () => {
    const kinds = kindsOf(options, [cpu, gpu]);
    expect(kinds.map(kindKey)).toEqual(["scheduler", "workers.default", "workers.gpu"]);
    expect(kinds.map(kindInWords)).toEqual(["scheduler", "worker", "gpu worker"]);
    expect(kinds.map((kind) => optionInWords(kind, "dockerImage"))).toEqual([
      "dockerImage",
      "dockerImage",
      "workers.gpu.dockerImage",
    ]);
    expect(optionInWords({ group: group("big", { workerInstanceType: "a" }) }, "workerInstanceType", "type")).toBe(
      "workers.big.type",
    );
  });

  test("are planned with their own market and request", () => {
    const requests = [cpu, gpu].map((each) => each.name);
    const planned = plannedMachines({ tags: {}, groups: [cpu, gpu] }, options, (asked, own) => {
      const { role, group: asks } = requestFor(asked);
      return { name: `${role} ${asks?.name} ${own.spot}`, types: [], tags: asked.tags };
    });
    expect(planned.map(({ name, markets, count }) => [name, count, ...markets])).toEqual([
      ["scheduler undefined false", 1, "on-demand"],
      ["worker default false", 2, "on-demand"],
      ["worker gpu true", 2, "spot"],
    ]);
    expect(planned.map((each) => each.group)).toEqual([undefined, ...requests]);
  });
});

describe("What is learnt of GPUs", () => {
  function gpusOf(nodes: CloudNodes): readonly unknown[] {
    const scheduler = nodes.extras("scheduler").gpu;
    return [
      scheduler,
      nodes.extras("worker").gpu,
      ...[cpu, gpu].map((each) => nodes.extras("worker", { group: each }).gpu),
    ];
  }

  test("is kept for the scheduler and each group, one after the other, and in the record", () => {
    const nodes = new CloudNodes(options);
    expect(gpusOf(nodes)).toEqual([false, false, false, false]);
    nodes.learn({ gpu: { scheduler: false, groups: { default: false, gpu: false } } });
    nodes.learn({ gpu: { groups: { gpu: true } } });
    expect(gpusOf(nodes)).toEqual([false, false, false, true]);
    const again = new CloudNodes(options);
    again.restore(JSON.parse(JSON.stringify(nodes.save())) as Record<string, unknown>);
    expect(gpusOf(again)).toEqual(gpusOf(nodes));
  });

  test("is of all workers in a record that knows no groups", () => {
    const nodes = new CloudNodes(options);
    nodes.restore({ gpuRoles: ["worker"] });
    expect(gpusOf(nodes)).toEqual([false, true, true, true]);
  });

  test("Of machines without IPv4, each group's image counts", () => {
    const nodes = new CloudNodes({ ...options, dockerImage: "docker.io/some/plain:1" });
    nodes.learn({ addressing: { members: 6, clients: 6 } });
    expect(nodes.warnings({ hasNat64: false, groups: [cpu] })).toEqual([]);
    expect(nodes.warnings({ hasNat64: false, groups: [cpu, gpu] })).toEqual([
      expect.stringContaining("ghcr.io/some/gpu:1"),
    ]);
    expect(nodes.warnings({ hasNat64: true, groups: [cpu, gpu] })).toEqual([]);
  });
});
