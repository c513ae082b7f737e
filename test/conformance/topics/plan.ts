import { BlockList } from "node:net";

import { describe, expect } from "vitest";

import type { ClusterPlan, PlannedNodes } from "../../../src/cluster/plan/cluster-plan.ts";
import type { PlannedAccess, PlannedCall } from "../../../src/provider/plan.ts";
import { type Tags, groupIn } from "../../../src/provider/tags.ts";
import { PORTS, SOMEBODY, SOMEBODY_ELSE, watchDoors } from "../doors.ts";
import type { Behaviour, ClusterOptions, MachineView, ProviderUnderTest } from "../provider-under-test.ts";
import { toldTo } from "../told.ts";
import { twoGroups } from "../two-groups.ts";
import { type World, sentences } from "../world.ts";

interface Variant {
  readonly title: string;
  readonly options: (world: World) => ClusterOptions;
  readonly behaviour?: Behaviour;
}

const HOUR_MS = 3_600_000;
/** Lists show everything at once: what a call would have to be repeated for is not of a plan. */
const STEADY: Behaviour = { listLagMs: 0 };
/** Addresses, keys and times differ from start to start, and so what gzip makes of them. */
const USER_DATA_VARIES = 64;

/** Whatever options say: the plan, made without a call, is what a start makes, and its calls are those of start and close. */
export function describePlan(provider: ProviderUnderTest): void {
  describe(`${provider.name}: plan`, () => {
    const holds = sentences(provider);
    const { gpu, arm, hasSpot, planVariants } = provider;
    const always = (title: string, options: ClusterOptions): Variant => ({ title, options: () => options });
    const variants: readonly Variant[] = [
      always("no worker", { nWorkers: 0 }),
      always("one worker", { nWorkers: 1 }),
      always("twenty workers, native, no security", { nWorkers: 20, runtime: "native", security: false }),
      always("two groups", twoGroups({ cpu: 2, gpu: 1 })),
      always("no public addresses", { nWorkers: 1, publicIp: false }),
      always("no public addresses of workers", { nWorkers: 1, workerPublicIp: false, bootstrap: false }),
      always("a name and a lifetime", { name: "planned-lab", nWorkers: 1, maxLifetimeMs: 24 * HOUR_MS }),
      always("others may come in, too", {
        nWorkers: 1,
        allowedCidrs: ["127.0.0.1/32", "203.0.113.0/24", "2001:db8:1:2::/64"],
      }),
      ...(gpu === undefined ? [] : [always("GPUs", { nWorkers: 1, ...gpu })]),
      ...(arm === undefined ? [] : [always("Arm", { nWorkers: 1, ...arm })]),
      ...(hasSpot
        ? [
            always("spot", { nWorkers: 2, spot: true }),
            always("spot with fallback", { nWorkers: 2, spot: "with-fallback" }),
          ]
        : []),
      ...planVariants.map(({ title, options }) => ({
        title,
        options: (world: World) => options(world.cloud.cloud),
      })),
    ];
    for (const { title, options, behaviour } of variants) {
      holds(`is true: ${title}`, (world) => isTrue(world, options(world)), { ...STEADY, ...behaviour });
    }

    holds(
      "a look resolves what only the cloud knows, and changes nothing",
      async (world) => {
        const cluster = world.cluster({ nWorkers: 1, ...arm });
        const plan = await cluster.plan({ look: true });
        expect([world.mutations, world.cloud.cloud.calls.count() > 0, plan.looked]).toEqual([[], true, true]);
        await cluster.start();
        expectMachines(world, cluster.name, plan);
        const built = world.cloud.built(cluster.name).machines;
        for (const { image, name } of plan.machines) {
          const one = built.find((machine) => matches(name, machine.name));
          expect(one?.image).toContain(image?.replace(/^.*server:/u, ""));
        }
      },
      STEADY,
    );

    if (hasSpot) {
      holds(
        "markets are tried in the plan's order",
        async (world) => {
          const cluster = world.cluster({ nWorkers: 2, spot: "with-fallback" });
          const [, workers] = (await cluster.plan()).machines;
          await cluster.start();
          const got = world.workers.map(({ spot }) => (spot ? "spot" : "on-demand"));
          expect(got.toSorted()).toEqual([...(workers?.markets ?? [])].toSorted());
        },
        { ...STEADY, spotRoom: 1 },
      );
    }
  });
}

async function isTrue(world: World, options: ClusterOptions): Promise<void> {
  const doors = watchDoors(world);
  const before = world.cloud.built("").resources;
  const cluster = world.cluster(options);
  const plan = await cluster.plan();
  expect(world.cloud.cloud.calls.operations()).toEqual([]);
  await cluster.start();
  const callsOfStart = callsIn(world, 0);
  expectMachines(world, cluster.name, plan);
  expectResources(world, cluster.name, plan, before.length);
  if (plan.access.firewall === "created") {
    for (const machine of world.alive()) {
      for (const from of [SOMEBODY, SOMEBODY_ELSE]) {
        expect([machine.role, from, doors(machine, from)]).toEqual([
          machine.role,
          from,
          admitted(plan.access, machine, from),
        ]);
      }
    }
  }
  expect(cluster.schedulerAddress.startsWith("tcp:")).toBe(plan.security.certificates === "none");
  expectCalls(plan.calls?.start ?? [], callsOfStart);
  const begun = world.cloud.recorder.requests.length;
  await cluster.close();
  expectCalls(plan.calls?.close ?? [], callsIn(world, begun), { exactly: false });
}

/** Each line of the plan has its machines, and each machine has its line. */
function expectMachines(world: World, clusterName: string, { machines, userDataLimitBytes }: ClusterPlan): void {
  const built = world.cloud.built(clusterName).machines;
  const views = world.alive();
  expect(built).toHaveLength(machines.reduce((sum, { count }) => sum + count, 0));
  for (const planned of machines) {
    const ours = built.filter(({ name, tags }) => matches(planned.name, name) && isSameKind(tags, planned.tags));
    expect({ name: planned.name, count: ours.length }).toEqual({ name: planned.name, count: planned.count });
    for (const { id, type, diskGiB, tags } of ours) {
      const view = views.find((each) => each.id.split("/").at(-1) === id);
      if (view === undefined) throw new Error(`The machine ${id} is not there`);
      expect(seen(view, { type, diskGiB })).toEqual(expected(planned));
      expect(tags).toMatchObject(withoutTime(planned.tags));
      const bytes = view.userData?.byteLength ?? 0;
      expect(Math.abs(bytes - planned.userDataBytes)).toBeLessThanOrEqual(USER_DATA_VARIES);
      expect(bytes).toBeLessThanOrEqual(userDataLimitBytes);
    }
  }
}

function seen(
  view: MachineView,
  { type, diskGiB }: { readonly type: string; readonly diskGiB: number | undefined },
): object {
  const { env } = toldTo(view);
  return {
    role: view.role,
    type,
    diskGiB,
    market: view.spot ? "spot" : "on-demand",
    architecture: view.architecture,
    publicAddress: view.publicAddress !== undefined,
    gpu: env["DASK_FLEET_GPU"] === "1",
    runtime: env["DASK_FLEET_RUNTIME"],
  };
}

function expected({ role, types, diskGiB, markets, architecture, publicAddress, gpu, runtime }: PlannedNodes): object {
  const [type] = types;
  const [market] = markets;
  return { role, type, diskGiB, market, architecture, publicAddress, gpu: gpu !== undefined, runtime: runtime.kind };
}

function expectResources(world: World, clusterName: string, { resources, tags }: ClusterPlan, before: number): void {
  const built = world.cloud.built(clusterName).resources;
  expect(before).toBe(0);
  // The user may have given all machines one name.
  const planned = Map.groupBy(resources, ({ kind, name }) => `${kind} ${name}`);
  for (const same of planned.values()) {
    const [{ kind, name } = { kind: "", name: "" }] = same;
    const count = same.reduce((sum, each) => sum + each.count, 0);
    const there = built.filter((each) => each.kind === kind && matches(name, each.name)).length;
    expect({ kind, name, count: there }).toEqual({ kind, name, count });
  }
  const unplanned = built.filter(
    (each) => !resources.some(({ kind, name }) => each.kind === kind && matches(name, each.name)),
  );
  expect(unplanned).toEqual([]);
  for (const { kind, name, tags: own } of built) {
    if (own !== undefined && Object.keys(own).length > 0)
      expect({ kind, name, own }).toMatchObject({ own: withoutTime(tags) });
  }
}

function expectCalls(
  planned: readonly PlannedCall[],
  made: ReadonlyMap<string, number>,
  { exactly = true }: { readonly exactly?: boolean } = {},
): void {
  const names = new Set(planned.map(({ name }) => name));
  expect([...made.keys()].filter((name) => !names.has(name))).toEqual([]);
  const wrong = planned.flatMap(({ name, least, most = Infinity }) => {
    const count = made.get(name) ?? 0;
    return count >= least && (!exactly || count <= most) ? [] : [`${name}: ${count}, planned ${least} to ${most}`];
  });
  expect(wrong).toEqual([]);
}

function callsIn({ cloud, provider }: World, from: number): ReadonlyMap<string, number> {
  const calls = cloud.recorder.requests.slice(from).map((each) => provider.callName?.(each) ?? each.operation);
  return new Map([...Map.groupBy(calls, (name) => name)].map(([name, all]) => [name, all.length]));
}

function admitted({ doors }: PlannedAccess, { role }: MachineView, from: string): number[] {
  const open = doors.filter((door) => door.to === role && door.from.some((range) => covers(range, from)));
  return PORTS.filter((port) => open.some(({ ports }) => ports.includes(port)));
}

function covers(range: string, address: string): boolean {
  const [network = "", bits] = range.split("/");
  if (network.includes(":")) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), "ipv4");
  return list.check(address, "ipv4");
}

/** Role and worker group. */
function isSameKind(tags: Tags, planned: Tags): boolean {
  return tags["role"] === planned["role"] && groupIn(tags) === groupIn(planned);
}

/** `*` stands for anything. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/gu, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`, "u").test(name);
}

/** The end counts from the moment of the plan, or of the start. */
function withoutTime({ expires: _end, ...tags }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return tags;
}
