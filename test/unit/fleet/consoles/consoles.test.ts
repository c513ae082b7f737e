import { expect, test } from "vitest";

import { type Awaited, Consoles } from "../../../../src/fleet/consoles/consoles.ts";
import { worker } from "../../cluster/machines.ts";

const OVER = "dask-fleet: this machine's part in dask-1 is over: no disk; the machine is powered off\n";

/** Polls every tenth of a second machines that were all created at the start, and reports whose console was read when. */
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
      console: async ({ id }) => {
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

test("A start of one minute costs five reads, and one of ten minutes about four a minute", async () => {
  const { reads } = await watch(["a"], 60, () => "booting");
  expect(reads.map(([at]) => Math.round(at))).toEqual([10, 15, 23, 34, 49]);
  expect((await watch(["a"], 600, () => "booting")).reads.length).toBeLessThan(44);
});

test("Machines are read in turn, with as many reads as one machine", async () => {
  const { reads } = await watch(["a", "b", "c"], 60, () => "booting");
  expect(reads.map(([, id]) => id)).toEqual(["a", "b", "c", "a", "b"]);
});

test.each([11, 30, 90, 400])(
  "A machine that gives up after %i s is found within half that time, and within 15 s",
  async (gaveUpAt) => {
    const { reads, found } = await watch(["a"], 600, (_, at) => (at >= gaveUpAt ? OVER : "booting"));
    expect(found).toEqual(["a"]);
    const foundAt = reads.at(-1)?.[0] ?? Infinity;
    expect(foundAt - gaveUpAt).toBeLessThanOrEqual(Math.min(15, gaveUpAt / 2) + 0.2);
  },
);

test("After one gave-up marker the next machines are read without a pause, until one has none", async () => {
  const ids = ["a", "b", "c", "d", "e"];
  const { reads, found } = await watch(ids, 12, (id) => (id < "d" ? OVER : "booting"));
  expect(found).toEqual(["a", "b", "c"]);
  expect(reads.map(([at]) => at)).toEqual([10, 10.1, 10.2, 10.3]);
});

/** Cloud-init's output when it could not start our script. */
const SILENCE =
  "cloud-init[9]: Cloud-init v. 22.4.2 finished at Sun, 29 Nov 2026. Datasource DataSourceNone. Up 9 seconds\n";

test.each([11, 30, 90, 400])(
  "A boot that ends silently after %i s is found within half a minute, and by more than one read",
  async (endedAt) => {
    const { reads, found } = await watch(["a"], 600, (_, at) => (at >= endedAt ? SILENCE : "booting"));
    expect(found).toEqual(["a"]);
    const seen = reads.filter(([at]) => at >= endedAt).map(([at]) => at);
    expect(seen).toHaveLength(2);
    expect((seen[1] ?? Infinity) - endedAt).toBeLessThanOrEqual(25);
    expect((seen[1] ?? 0) - (seen[0] ?? 0)).toBeGreaterThanOrEqual(8);
  },
);

test("A hundred silent boots cost a dozen reads until four are found", async () => {
  const ids = Array.from({ length: 100 }, (_, nth) => `m${nth}`);
  const { reads, found } = await watch(ids, 20, () => SILENCE);
  expect(found.slice(0, 4)).toEqual(["m0", "m1", "m2", "m3"]);
  expect(reads.findIndex(([at]) => at > 18.5)).toBeLessThanOrEqual(12);
});

test("Output just after cloud-init's end is not giving up", async () => {
  const ours = "dask-node[7]: dask-fleet: waiting for the scheduler\n";
  const { found } = await watch(["a"], 120, (_, at) => (at < 30 ? "booting" : at < 37 ? SILENCE : SILENCE + ours));
  expect(found).toEqual([]);
});

test("An unreadable console in between does not restart the wait for ever, and costs few reads", async () => {
  const { reads, found } = await watch(["a"], 120, (_, at) => {
    if (at > 14 && at < 30) throw new Error("no console today");
    return at >= 9 ? SILENCE : "booting";
  });
  expect(found).toEqual(["a"]);
  expect(reads.map(([at]) => Math.round(at))).toEqual([10, 18, 26, 34]);
});

test("Young machines are not read, and no machines cost no reads", async () => {
  expect((await watch(["a"], 9, () => OVER)).reads).toEqual([]);
  expect((await watch([], 60, () => OVER)).reads).toEqual([]);
});

test("Console output of a machine that gave up ends at the marker, before its shutdown messages", async () => {
  const log = `no such disk\n${OVER}${"Stopped target\n".repeat(40)}`;
  const consoles = new Consoles({ clusterName: "dask-1", provider: { console: async () => log } });
  expect(await consoles.tailOf(worker("a"))).toMatch(
    /^\nConsole output \(last lines\):\n {2}\| no such disk\n {2}\| .* no disk; .*off$/u,
  );
});

test("An unreadable console gives the reason, and an aborted read ends with its reason", async () => {
  const provider = { console: () => Promise.reject(new Error("no console today")) };
  const consoles = new Consoles({ clusterName: "dask-1", provider });
  expect(await consoles.tailOf(worker("a"))).toBe("\nConsole output (last lines):\n  | no console today");
  const awaited = [{ machine: worker("a"), absentMs: 60_000 }];
  expect(await consoles.look(awaited)).toBeUndefined();
  const reason = new Error("closed");
  await expect(consoles.tailOf(worker("a"), AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("A console's last line is told when it is another than before, printable, and costs no read of its own", async () => {
  const told: unknown[] = [];
  let [now, log, reads] = [0, "", 0];
  const consoles = new Consoles({
    clusterName: "dask-1",
    provider: { console: async () => ((reads += 1), log) },
    emit: (event) => told.push(event),
    now: () => now,
  });
  const machine = worker("a");
  const looks = [
    "[   12.345678] cloud-init[812]: Unpacking docker.io (24.0.5)\r\n\r\n",
    "[   13.345678] cloud-init[812]: Unpacking docker.io (24.0.5)\n",
    "Setting up \u{1B}[31mdocker\u{1B}[0m\u{7}\n   \n",
    "",
  ];
  for (const each of looks) {
    log = each;
    now += 60_000;
    await consoles.look([{ machine, absentMs: now }]);
  }
  expect(told).toEqual([
    { type: "console", id: "a", line: "Unpacking docker.io (24.0.5)" },
    { type: "console", id: "a", line: "Setting up docker\\u{7}" },
  ]);
  expect(reads).toBe(looks.length);
});
