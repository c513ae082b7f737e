import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";

import { describe, expect } from "vitest";

import { until } from "../../support/until.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { twoGroups } from "../two-groups.ts";
import { asVersion1, forgetRecord, sentences } from "../world.ts";

export function describeFinding(provider: ProviderUnderTest): void {
  describe(`${provider.name}: a running cluster`, () => {
    const holds = sentences(provider);

    holds("attach() finds it by its record; the second handle lists, scales and closes it", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 0 }));
      const [cpu] = world.idsOf("cpu");
      const handle = await world.statics.attach(cluster.name);
      expect([handle.state, handle.schedulerAddress]).toEqual(["running", cluster.schedulerAddress]);
      expect((await handle.workers()).map(({ machineId }) => machineId)).toEqual(world.workers.map(({ id }) => id));
      await handle.scale({ gpu: 1 });
      expect([world.idsOf("cpu"), world.idsOf("gpu").length, (await cluster.workers()).length]).toEqual([[cpu], 1, 2]);
      await handle.close();
      expect(world.leftovers(cluster)).toEqual([]);
      await until("the first handle to notice", () => cluster.state === "closed");
    });

    holds("detach() hands it over: the next process to attach manages it", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      await cluster.detach();
      expect([cluster.state, world.alive().length]).toEqual(["closed", 3]);
      await using handle = await world.statics.attach(cluster.name);
      const [cpu, [victim = ""]] = [world.idsOf("cpu"), world.idsOf("gpu")];
      world.cloud.kill(victim);
      await until("another machine", () => {
        const gpu = world.idsOf("gpu");
        return gpu.length === 1 && !gpu.includes(victim);
      });
      await handle.waitForWorkers(2);
      expect(world.idsOf("cpu")).toEqual(cpu);
      await handle.close();
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds(
      "attach() reads a record of version 1: its workers are the group default, which scales and adapts",
      async (world) => {
        const cluster = await world.started({ nWorkers: 2 });
        await cluster.detach();
        await asVersion1(cluster);
        await using handle = await world.statics.attach(cluster.name);
        expect((await handle.workers()).map(({ group }) => group)).toEqual(["default", "default"]);
        await handle.scale(1);
        expect(world.idsOf("default")).toHaveLength(1);
        world.dask(cluster).wish = 9;
        await handle.adapt({ maximum: 3, intervalMs: 50 });
        await world.untilWorkers(3, cluster);
        expect(world.idsOf("default")).toHaveLength(3);
        await handle.close();
        expect(world.leftovers(cluster)).toEqual([]);
      },
    );

    holds("list() finds it by its tags, wherever it was started", async (world) => {
      const one = await world.started({ ...twoGroups({ cpu: 1, gpu: 1 }), maxLifetimeMs: 86_400_000 });
      const other = await world.started();
      await forgetRecord(other);
      const listed = await world.statics.list();
      const summary = (name: string): unknown => listed.find((each) => each.name === name);
      const ids = (name: string): unknown =>
        expect.arrayContaining(
          world.cloud.machines
            .filter(({ tags }) => tags["cluster-name"] === name)
            .map(({ id }) => expect.objectContaining({ id })),
        );
      expect(summary(one.name)).toMatchObject({
        state: "running",
        targets: { cpu: 1, gpu: 1 },
        launcher: { pid: process.pid },
        resources: ids(one.name),
        expiresAt: new Date(Number(world.scheduler(one).tags["expires"]) * 1000),
      });
      expect(summary(other.name)).toMatchObject({
        state: "running",
        recorded: false,
        launcher: undefined,
        createdAt: expect.any(Date),
        resources: ids(other.name),
      });
    });

    holds(
      "list() tells each machine's role, group, state, size and age, and that nobody looks after it",
      async (world) => {
        const cluster = await world.started(twoGroups({ cpu: 0, gpu: 1 }));
        await cluster.detach();
        const row = (await world.statics.list()).find(({ name }) => name === cluster.name);
        const known = { state: "running", instanceType: expect.stringMatching(/./), createdAt: expect.any(Date) };
        expect(row).toMatchObject({ state: "unattended", launcher: undefined, targets: { cpu: 0, gpu: 1 } });
        expect(row?.machines.toSorted((a, b) => String(a.role).localeCompare(String(b.role)))).toEqual([
          { id: world.scheduler(cluster).id, role: "scheduler", group: undefined, ...known },
          { id: world.workers[0]?.id, role: "worker", group: "gpu", ...known },
        ]);
        await using again = await world.statics.attach(cluster.name);
        expect(again.state).toBe("running");
      },
    );

    holds("status() tells sizes, workers and who leads, without an attachment or a change", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      const own = await cluster.status();
      expect(own).toMatchObject({
        name: cluster.name,
        state: "running",
        schedulerAddress: cluster.schedulerAddress,
        groups: ["cpu", "gpu"].map((name) => ({ name, target: 1, machines: 1, joined: 1 })),
        workers: expect.arrayContaining(
          ["cpu", "gpu"].map((group) => expect.objectContaining({ machineId: world.idsOf(group)[0], group })),
        ),
        launcher: { pid: process.pid },
      });
      await cluster.detach();
      const changes = (): number =>
        world.cloud.recorder.requests.filter(({ operation }) => provider.isMutation(operation)).length;
      const before = changes();
      const left = await world.statics.status(cluster.name);
      expect(left).toMatchObject({ state: "unattended", launcher: undefined, groups: own.groups });
      expect([changes(), left.waits[0]]).toEqual([before, "Lost workers are not replaced."]);
      await using again = await world.statics.attach(cluster.name);
      expect(again.leads).toBe(true);
    });

    holds("remove() deletes it by its tags alone and keeps other clusters", async (world) => {
      const doomed = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      const other = await world.started({ nWorkers: 1 });
      await forgetRecord(doomed);
      await world.statics.remove(doomed.name);
      expect(world.leftovers(doomed)).toEqual([]);
      expect([world.alive(other).length, (await other.workers()).length]).toEqual([2, 1]);
      await until("the handle to notice", () => doomed.state === "closed");
    });

    holds("remove() deletes it with its record", async (world) => {
      const cluster = await world.started({ nWorkers: 1 });
      await world.statics.remove(cluster.name);
      expect(world.leftovers(cluster)).toEqual([]);
      await until("the handle to notice", () => cluster.state === "closed");
      await expect(world.statics.remove(cluster.name)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    });

    holds("remove() with options that contradict its record names them and changes nothing", async (world) => {
      const cluster = await world.started({ nWorkers: 1 });
      const before = world.mutations.length;
      for (const [option, elsewhere] of Object.entries(provider.elsewhere)) {
        await expect(world.statics.remove(cluster.name, elsewhere), option).rejects.toMatchObject({
          code: "CONFIG_INVALID",
          message: expect.stringMatching(
            new RegExp(`contradict the record of the cluster[^]*\n- \`${option}\`: recorded`),
          ),
        });
      }
      expect(world.mutations.slice(before)).toEqual([]);
      expect([existsSync(cluster.stateDirectory), cluster.state, world.alive(cluster).length]).toEqual([
        true,
        "running",
        2,
      ]);
    });

    holds("its record stays when nothing of it is found, until the user forgets it", async (world) => {
      const cluster = await world.started({ nWorkers: 1 });
      const saved = `${cluster.stateDirectory}-saved`;
      await rename(cluster.stateDirectory, saved);
      await world.statics.remove(cluster.name);
      await until("the handle to notice", () => cluster.state === "closed");
      await rename(saved, cluster.stateDirectory);
      await expect(world.statics.remove(cluster.name)).rejects.toMatchObject({
        code: "CLUSTER_NOT_FOUND",
        message: expect.stringContaining("--forget"),
      });
      expect((await world.statics.list()).find(({ name }) => name === cluster.name)).toMatchObject({ resources: [] });
      await world.statics.remove(cluster.name, {}, { forget: true });
      expect(existsSync(cluster.stateDirectory)).toBe(false);
    });

    holds("a second start with its name is refused and changes nothing", async (world) => {
      const cluster = await world.started({ nWorkers: 1, name: "wanted" });
      await forgetRecord(cluster);
      const before = world.mutations.length;
      await using second = world.cloud.cluster({ nWorkers: 1, name: "wanted" });
      await expect(second.start()).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining('A cluster named "wanted" already exists'),
      });
      await second.close();
      expect(world.mutations.slice(before)).toEqual([]);
      expect([cluster.state, world.alive(cluster).length, (await cluster.workers()).length]).toEqual(["running", 2, 1]);
    });

    holds("does not see another cluster in the same account", async (world) => {
      const [one, other] = await Promise.all([world.started({ nWorkers: 2 }), world.started({ nWorkers: 1 })]);
      expect([(await one.machines()).length, (await other.machines()).length]).toEqual([3, 2]);
      expect([(await one.workers()).length, (await other.workers()).length]).toEqual([2, 1]);
      await Promise.all([one.scale(1), other.scale(3)]);
      expect([world.alive(one).length, world.alive(other).length]).toEqual([2, 4]);
      await one.close();
      expect([world.leftovers(one), world.alive(other).length, other.state]).toEqual([[], 4, "running"]);
      expect(await other.workers()).toHaveLength(3);
    });

    holds("is not confused with a cluster whose name starts with its own", async (world) => {
      const [one, other] = await Promise.all([
        world.started({ nWorkers: 1, name: "twin" }),
        world.started({ nWorkers: 1, name: "twin-2" }),
      ]);
      expect([(await one.machines()).length, (await other.machines()).length]).toEqual([2, 2]);
      await one.close();
      expect(world.leftovers(one)).toEqual([]);
      // Its firewall is still there, too.
      await other.scale(2);
      expect([world.alive(other).length, (await other.workers()).length]).toEqual([3, 2]);
    });

    holds("sweep() removes it when it is powered off and unmanaged: nothing is billed any more", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      const other = await world.started({ nWorkers: 1 });
      await cluster.detach();
      await forgetRecord(cluster);
      world.dask(cluster).terminate();
      await until("its machines to be off", () => world.alive(cluster).length === 0);
      const isThere = (): boolean => world.cloud.machines.some(({ tags }) => tags["cluster-name"] === cluster.name);
      // A sweep during a machine's shutdown leaves it to the next sweep.
      await until("a sweep to remove them", async () => !(await world.statics.sweep().then(isThere)), 10_000);
      expect(world.alive(other)).toHaveLength(2);
      await world.statics.remove(cluster.name).catch(() => undefined);
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds("sweep() keeps it until it expires", async (world) => {
      const cluster = await world.started({ nWorkers: 1, maxLifetimeMs: 86_400_000 });
      const forever = await world.started();
      expect(await world.statics.sweep()).toEqual([]);
      expect([world.alive(cluster).length, world.alive(forever).length]).toEqual([2, 1]);
    });
  });
}
