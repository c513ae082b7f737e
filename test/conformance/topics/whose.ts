import { describe, expect } from "vitest";

import { until } from "../../support/until.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { forgetRecord, sentences, type World } from "../world.ts";

const OTHER = "fedcba9876543210";

export function describeWhose(provider: ProviderUnderTest): void {
  describe(`Attack by a same-named neighbour: ${provider.name}`, () => {
    const holds = sentences(provider);

    holds("resources with a cluster's name and another id are not listed with it and outlive it", async (world) => {
      const cluster = await world.started({ nWorkers: 1, name: "lab-1" });
      await using victim = await Victim.open(world, { "cluster-name": "lab-1", "cluster-id": OTHER, role: "worker" });
      expect(await cluster.machines()).toHaveLength(2);
      const rows = (await world.statics.list()).filter(({ name }) => name === "lab-1");
      expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([cluster.id, OTHER]));
      await cluster.close();
      expect(victim.isAlive).toBe(true);
    });

    holds("remove() of two same-named clusters without records takes the one with the given id", async (world) => {
      const cluster = await world.started({ nWorkers: 1, name: "lab-2" });
      await forgetRecord(cluster);
      await using victim = await Victim.open(world, { "cluster-name": "lab-2", "cluster-id": OTHER, role: "worker" });
      const before = world.mutations.length;
      await expect(world.statics.remove("lab-2")).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(
          new RegExp(`(?=[^]*- id ${cluster.id}: )(?=[^]*- id ${OTHER}: )(?=[^]*dask-fleet remove \\w+ lab-2 --id ID)`),
        ),
      });
      expect(world.mutations.slice(before)).toEqual([]);
      await world.statics.remove("lab-2", {}, { id: cluster.id });
      expect([world.alive(cluster).map(({ id }) => id), victim.isAlive]).toEqual([[victim.id], true]);
      await until("the handle to notice", () => cluster.state === "closed");
    });

    holds("remove() of two same-named clusters takes the one with a record here", async (world) => {
      const cluster = await world.started({ nWorkers: 1, name: "lab-3" });
      await using victim = await Victim.open(world, { "cluster-name": "lab-3", "cluster-id": OTHER, role: "worker" });
      await world.statics.remove("lab-3");
      expect([world.alive(cluster).map(({ id }) => id), victim.isAlive]).toEqual([[victim.id], true]);
      await until("the handle to notice", () => cluster.state === "closed");
    });

    holds("sweep() judges each of two same-named clusters by itself", async (world) => {
      const name = "lab-4";
      await using expired = await Victim.open(world, { expires: "1700000000" }, name);
      await using live = await Victim.open(world, { "cluster-name": name, "cluster-id": OTHER, role: "worker" });
      expect(await world.statics.sweep()).toEqual([name]);
      expect([expired.isAlive, live.isAlive]).toEqual([false, true]);
    });
  });

  describe(`Attack by whoever may tag in the account: ${provider.name}`, () => {
    const holds = sentences(provider);

    holds("an impossible cluster name is listed and otherwise ignored", async (world) => {
      const tags = { "cluster-name": "../../lab", "cluster-id": "../x", role: "king", expires: "1700000000" };
      await using victim = await Victim.open(world, tags);
      expect((await world.statics.list()).map(({ name }) => name)).toContain("../../lab");
      const before = world.mutations.length;
      expect(await world.statics.sweep()).toEqual([]);
      await expect(world.statics.remove("../../lab")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
      expect([world.mutations.slice(before), victim.isAlive]).toEqual([[], true]);
    });

    holds("an invalid id never causes a removal", async (world) => {
      const tags = { "cluster-name": "lab-6", "cluster-id": "*", role: "scheduler", expires: "1700000000" };
      await using victim = await Victim.open(world, tags);
      const before = world.mutations.length;
      expect(await world.statics.sweep()).toEqual([]);
      await expect(world.statics.remove("lab-6")).rejects.toMatchObject({
        code: "CLUSTER_NOT_FOUND",
        message: expect.stringContaining("Other clusters named"),
      });
      await expect(world.statics.remove("lab-6", {}, { id: "*" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
      expect([world.mutations.slice(before), victim.isAlive]).toEqual([[], true]);
    });

    holds("an invalid expiry never ends a cluster", async (world) => {
      const cluster = await world.started({ name: "lab-7" });
      const { id, tags } = world.scheduler(cluster);
      world.cloud.retag(id, { ...tags, expires: "" });
      expect(await world.statics.sweep()).toEqual([]);
      expect(world.alive(cluster)).toHaveLength(1);
    });
  });
}

type Tags = Readonly<Record<string, string>>;

/** The machine of an unmanaged cluster, with overwritten tags. It is removed at the end. */
class Victim implements AsyncDisposable {
  readonly id: string;
  readonly #world: World;
  readonly #name: string;
  readonly #tags: Tags;

  /** @param tags what is written over its own */
  static async open(world: World, tags: Tags, name?: string): Promise<Victim> {
    const cluster = await world.started(name === undefined ? {} : { name });
    const { id, tags: own } = world.scheduler(cluster);
    await cluster.detach();
    await forgetRecord(cluster);
    world.cloud.retag(id, { ...own, ...tags });
    return new Victim(world, { id, name: cluster.name, tags: own });
  }

  private constructor(
    world: World,
    { id, name, tags }: { readonly id: string; readonly name: string; readonly tags: Tags },
  ) {
    this.#world = world;
    this.id = id;
    this.#name = name;
    this.#tags = tags;
  }

  get isAlive(): boolean {
    return this.#world.alive().some(({ id }) => id === this.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isAlive) this.#world.cloud.retag(this.id, this.#tags);
    if (this.#world.leftovers({ name: this.#name }).length > 0) await this.#world.statics.remove(this.#name);
  }
}
