import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { ProgressEvent } from "../../src/progress.ts";
import type { GroupSizes } from "../../src/provider/worker-group.ts";
import { patient } from "../support/patience.ts";
import { daskPython } from "../support/python.ts";
import { until } from "../support/until.ts";
import { type Cloud, onRealDask, type RealDask } from "./on-real-dask.ts";

/** The most machines of each group. */
const MOST: GroupSizes = { cpu: 2, gpu: 1, big: 1 };
const PACE = { intervalMs: 200, waitCount: 3, targetDurationMs: 500 };
/** What each kind of task needs, and the group that alone has it. */
const NEEDS = { gpu: { GPU: 1 }, big: { MEMORY: 4e9 } };

/**
 * Two waves of tasks, annotated for each group, and one task that nothing can run. Prints where each ran: `gpu NAME`. A task
 * that waits for too long fails by the time-out of its result.
 */
const PROGRAM = `
import sys, time
from distributed import Client, get_worker

NEEDS = {"gpu": {"GPU": 1}, "big": {"MEMORY": 4e9}, "plain": None}

def work(kind, number):
    time.sleep(0.3)
    return f"{kind} {get_worker().name}"

with Client(timeout=30) as client:
    hopeless = client.submit(work, "hopeless", 0, resources={"TPU": 1})
    ran = []
    for wave in ("gpu", "big", "plain"), ("gpu", "gpu", "plain", "plain", "plain", "plain"):
        futures = [client.submit(work, kind, n, pure=False, resources=NEEDS[kind]) for n, kind in enumerate(wave)]
        ran += client.gather(futures, direct=False)
        if hopeless.done():
            raise SystemExit("ran what nothing can run")
    open(sys.argv[1], "w").write("\\n".join(ran))
`;

/** Groups that adapt, on machines that boot what the simulated cloud was sent. */
export function testGroups<SimulatedCloud extends Cloud>(given: RealDask<SimulatedCloud>): void {
  test("three groups adapt to annotated tasks of real Dask, each within its bounds, and are empty when nothing is left", async () => {
    await onRealDask(given, async (cloud, directory) => {
      const workers = {
        cpu: { maximum: MOST["cpu"] },
        gpu: { maximum: MOST["gpu"], resources: NEEDS.gpu },
        big: { maximum: MOST["big"], resources: NEEDS.big },
      };
      await using cluster = await given.cluster({ workers }).start();
      const peaks = new Map<string, number>();
      const told: ProgressEvent[] = [];
      cluster.onProgress((event) => told.push(event));
      const look = async (): Promise<Map<string | undefined, readonly string[]>> => {
        const all = await cluster.machines();
        const groups = Map.groupBy(
          all.filter(({ role, state }) => role === "worker" && (state === "pending" || state === "running")),
          ({ group }) => group,
        );
        for (const [group = "", { length }] of groups) peaks.set(group, Math.max(peaks.get(group) ?? 0, length));
        return new Map([...groups].map(([group, machines]) => [group, machines.map(({ id }) => id)]));
      };
      await writeFile(join(directory, "program.py"), PROGRAM);
      const answer = join(directory, "answer.txt");
      await cluster.adapt(PACE);
      const program = cluster.run(daskPython(), [join(directory, "program.py"), answer]);
      let code: number | undefined;
      program.then(
        (ended) => (code = ended),
        (error: unknown) => Promise.reject(error),
      );
      const groupsOf = new Map<string, string | undefined>();
      await until(
        "the tasks to be done",
        async () => {
          await look();
          for (const { name, group } of await cluster.workers()) groupsOf.set(name, group);
          return code !== undefined;
        },
        patient(120_000),
      );
      expect(code).toBe(0);
      const ran = (await readFile(answer, "utf8")).split("\n").map((each) => each.split(" "));
      expect(ran).toHaveLength(9);
      for (const [kind = "", name = ""] of ran) {
        if (kind !== "plain") expect([kind, groupsOf.get(name)]).toEqual([kind, kind]);
      }
      await until("all groups to be at their minimum", async () => (await look()).size === 0);
      for (const [group, most] of Object.entries(MOST)) expect(peaks.get(group) ?? 0).toBeLessThanOrEqual(most);
      expect([peaks.get("gpu"), peaks.get("big")]).toEqual([1, 1]);
      const warnings = told.flatMap((event) => (event.type === "warning" ? [event.message] : []));
      expect(warnings).toContainEqual(expect.stringContaining("TPU"));
      await cluster.close();
      expect(cloud.leftovers(cluster.name)).toEqual([]);
    });
  });
}
