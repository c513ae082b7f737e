import { expect, test } from "vitest";

import type { ProgressEvent } from "../../src/progress.ts";
import { ownState } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import { AZURE, EC2, GCE } from "./clouds/all.ts";
import { noteNotice } from "./figures.ts";
import { HELD, HOLD } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

ownState();

test.each([EC2, GCE, AZURE])(
  "A spot notice on $name: the data move, nothing is computed again, and the machine is replaced before it goes",
  async (cloud) => {
    await using real = await RealWorld.open(cloud);
    await using cluster = real.cluster({ nWorkers: 2 });
    const events: ProgressEvent[] = [];
    cluster.onProgress((event) => events.push(event));
    await cluster.start();
    const [name, hash] = (await real.python.run(cluster, HOLD)).split(" ");
    const victim = real.world.workers.find(({ nodeName }) => nodeName === name);
    if (victim === undefined) throw new Error(`No machine has the name ${name}`);
    const count = real.world.workers.length;

    real.disguise.notices?.give(real.lab.at(victim).input.id, { afterMs: cloud === EC2 ? 120_000 : 30_000 });
    const givenAt = performance.now();
    await until("another machine to be requested", () => real.world.workers.length > count);
    const requestedAt = performance.now();
    await until("the machine's workers to close", () =>
      events.some((event) => event.type === "notice" && event.change === "moved"),
    );
    const movedAt = performance.now();
    expect(events.filter(({ type }) => type === "notice")).toEqual([
      expect.objectContaining({ change: "given", id: victim.id }),
      expect.objectContaining({ change: "moved", id: victim.id }),
    ]);
    await real.joined(cluster, 2, [victim]);
    await noteNotice(cloud.name, { requestedMs: requestedAt - givenAt, movedMs: movedAt - givenAt });
    expect(await real.python.run(cluster, HELD)).toBe(hash);
    expect(events.filter((event) => event.type === "machine" && event.change === "created")).toHaveLength(3);
    await cluster.close();
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  },
  150_000,
);
