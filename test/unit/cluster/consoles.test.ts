import { expect, test } from "vitest";

import { type Awaited, Consoles } from "../../../src/cluster/consoles.ts";
import { worker } from "./machines.ts";

const FAREWELL = "dask-fleet: this machine's part in dask-1 is over: no disk; the machine is powered off\n";

/** Looks every tenth of a second at machines that were all made when it began, and tells when it read whose console. */
async function watch(
  ids: readonly string[],
  seconds: number,
  log: (id: string, at: number) => string,
): Promise<{ readonly reads: readonly (readonly [number, string])[]; readonly found: readonly string[] }> {
  let now = 0;
  const reads: [number, string][] = [];
  const found: string[] = [];
  const consoles = new Consoles({
    clusterName: "dask-1",
    provider: {
      bootLog: async ({ id }) => {
        reads.push([now / 1000, id]);
        return log(id, now / 1000);
      },
    },
    now: () => now,
  });
  for (; now <= seconds * 1000; now += 100) {
    const awaited: Awaited[] = ids
      .filter((id) => !found.includes(id))
      .map((id) => ({ machine: worker(id), absentMs: now }));
    const end = await consoles.look(awaited);
    if (end !== undefined) found.push(end.of.machine.id);
  }
  return { reads, found };
}

test("A start of a minute costs five looks, and one of ten minutes not many more than one in half a minute", async () => {
  const { reads } = await watch(["a"], 60, () => "booting");
  expect(reads.map(([at]) => Math.round(at))).toEqual([10, 15, 23, 34, 51]);
  expect((await watch(["a"], 600, () => "booting")).reads.length).toBeLessThan(25);
});

test("Machines are looked at in turn, in as many looks as one would be", async () => {
  const { reads } = await watch(["a", "b", "c"], 60, () => "booting");
  expect(reads.map(([, id]) => id)).toEqual(["a", "b", "c", "a", "b"]);
});

test.each([11, 30, 90, 400])(
  "One that gives up after %i s is found in half of that time at the latest, and in 30 s",
  async (gaveUpAt) => {
    const { reads, found } = await watch(["a"], 600, (_, at) => (at >= gaveUpAt ? FAREWELL : "booting"));
    expect(found).toEqual(["a"]);
    const foundAt = reads.at(-1)?.[0] ?? Infinity;
    expect(foundAt - gaveUpAt).toBeLessThanOrEqual(Math.min(30, gaveUpAt / 2) + 0.2);
  },
);

test("Where one has given up the next are looked at without a pause, until one has not", async () => {
  const ids = ["a", "b", "c", "d", "e"];
  const { reads, found } = await watch(ids, 12, (id) => (id < "d" ? FAREWELL : "booting"));
  expect(found).toEqual(["a", "b", "c"]);
  expect(reads.map(([at]) => at)).toEqual([10, 10.1, 10.2, 10.3]);
});

test("Nothing is read of machines that are young, or of none", async () => {
  expect((await watch(["a"], 9, () => FAREWELL)).reads).toEqual([]);
  expect((await watch([], 60, () => FAREWELL)).reads).toEqual([]);
});

test("The last words of a machine that has given up are those before that, whatever its shutting down has said since", async () => {
  const log = `no such disk\n${FAREWELL}${"Stopped target\n".repeat(40)}`;
  const consoles = new Consoles({ clusterName: "dask-1", provider: { bootLog: async () => log } });
  expect(await consoles.lastWords(worker("a"))).toMatch(
    /^\nConsole output \(last lines\):\n {2}\| no such disk\n {2}\| .* no disk; .*off$/u,
  );
});

test("A console that cannot be read says why, and one that is read for nobody any more ends with the reason", async () => {
  const provider = { bootLog: () => Promise.reject(new Error("no console today")) };
  const consoles = new Consoles({ clusterName: "dask-1", provider });
  expect(await consoles.lastWords(worker("a"))).toBe("\nConsole output (last lines):\n  | no console today");
  const awaited = [{ machine: worker("a"), absentMs: 60_000 }];
  expect(await consoles.look(awaited)).toBeUndefined();
  const reason = new Error("closed");
  await expect(consoles.lastWords(worker("a"), AbortSignal.abort(reason))).rejects.toBe(reason);
});
