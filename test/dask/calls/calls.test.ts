import { readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { CallFailedError } from "../../../src/access/calls/call-failed.ts";
import { Calls } from "../../../src/access/calls/calls.ts";
import { ArrowTable } from "../../../src/access/calls/values/arrow-table.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { until } from "../../support/until.ts";
import { connectWithAgent, daskWithLoader } from "../agent/agent-dask.ts";
import type { DaskProcesses } from "../client/dask-processes.ts";
import { all } from "./all.ts";
import { folderOf } from "./folder.ts";

const WORK = fileURLToPath(new URL("work.py", import.meta.url));

let dask: DaskProcesses;
let client: SchedulerClient;
let calls: Calls;

beforeAll(async () => {
  dask = await daskWithLoader("127.83.20.1");
  client = await connectWithAgent(dask);
  await Promise.all([dask.addWorker("one", ["--no-nanny"]), dask.addWorker("two", ["--no-nanny"])]);
  calls = new Calls({ link: () => client });
  await calls.upload([WORK], undefined);
});

afterAll(async () => {
  await calls?.close();
  await client?.close();
  await dask?.stop();
});

async function failure(name: string, args: readonly unknown[] = []): Promise<CallFailedError> {
  const error: unknown = await calls.call(name, args, {}).catch((thrown: unknown) => thrown);
  if (!(error instanceof CallFailedError)) throw new Error(`${name} did not fail as a call`, { cause: error });
  return error;
}

test("Values travel both ways with their types", async () => {
  const large = new Uint8Array(3_000_001).map((_, index) => index % 251);
  const values = [
    null,
    true,
    0,
    -1.5,
    2 ** 53 - 1,
    -(2 ** 40),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "text é 🙂",
    2n ** 63n,
    -(2n ** 200n),
    new Date(1_764_536_400_123),
    new Uint8Array([1, 2, 3]),
    large,
    [[], {}, { "": [null, { deep: [1n << 64n] }] }],
    { bytes: large.subarray(0, 100_000) },
  ];
  expect(await calls.call("work:echo", [values], {})).toEqual(values);
  expect(await calls.call("work:echo", [{ a: 1, b: undefined }], {})).toEqual({ a: 1 });
  const kinds = await calls.call("builtins:list", [["int", "float", "bytes", "datetime"]], {});
  const sent = [5n, 1.5, large, new Date()];
  expect(await Promise.all(sent.map((value) => calls.call("work:kind", [value], {})))).toEqual(kinds);
  expect(await calls.call("work:scaled", [2], { kwargs: { factor: 3 } })).toBe(6);
  expect(await calls.call("work:slow", [0.01], {})).toBe(0.01);
  expect(await calls.call("numpy:float32", [1.5], {})).toBe(1.5);
});

test("A value without a form on the other side is refused, with what to do instead", async () => {
  const self: unknown[] = [];
  self.push(self);
  for (const [value, words] of [
    [undefined, "is undefined"],
    [{ a: [1, new Map()] }, ".a[1] is a Map"],
    [new Set(), "Pass [...set]"],
    [() => 1, "is a function"],
    [new Float64Array(1), "a Float64Array"],
    [new URL("http://127.0.0.1"), "an instance of URL"],
    [new Date(Number.NaN), "an invalid Date"],
    ["\u{d800}", "half a character"],
    [self, "nested deeper"],
    [Promise.resolve(), "a promise"],
  ] as const) {
    const call = calls.call("work:echo", [value], {});
    await expect(call, words).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(call).rejects.toThrow(words);
  }
  for (const [what, words] of [
    ["set", "Return list(value)"],
    ["naive", "no time zone"],
    ["decimal", "Return str(value)"],
    ["surrogate", "not valid Unicode"],
    ["generator", "Return list(value)"],
    ["self", "A function in the result"],
  ] as const) {
    expect((await failure("work:returns", [what])).message).toContain(words);
  }
  await expect(calls.call("work:returns", ["keys"], {})).rejects.toThrow("neither a str nor an int");
  expect((await failure("numpy:arange", [3])).message).toContain("value.tolist()");
  expect((await failure("work:echo", [new ArrowTable(new Uint8Array(8))])).message).toContain("needs pyarrow");
});

test("A Python exception arrives with type, text and the traceback of the user's frames", async () => {
  const chained = await failure("work:chained");
  expect(chained).toMatchObject({ code: "CALL_FAILED", type: "ValueError", pythonMessage: "outer" });
  expect(chained.traceback).toContain("in chained");
  expect(chained.traceback).toContain("KeyError: 'key'");
  expect(chained.traceback).not.toContain("dask_fleet");
  expect(await failure("work:odd")).toMatchObject({ type: "work.Odd", pythonMessage: "odd" });
  expect((await failure("work:unprintable")).pythonMessage).toContain("failed with RuntimeError");
  expect(await failure("sys:exit", [3])).toMatchObject({ type: "SystemExit" });
  for (const [name, words] of [
    ["nowhere.at.all:one", 'has no module "nowhere"'],
    ["work:ecko", "It has echo"],
    ["statistics:__doc__", "is a str, not a function"],
    ["os.nowhere:one", "Upload it with cluster.upload()"],
  ] as const) {
    expect((await failure(name)).message).toContain(words);
  }
  for (const name of ["echo", "work.echo", "work:", ":echo", "work:a b", "work:echo()", 7 as never]) {
    await expect(calls.call(name, [], {})).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  }
});

test("A call is tried again, cancelled, and given up after its time", async () => {
  expect(await calls.call("work:fails_at_first", [await folderOf(dask, "retries")], { retries: 2 })).toBe("at last");
  const [path, ended] = [await folderOf(dask, "held"), new AbortController()];
  const held = calls.call("work:held", [path], { signal: ended.signal });
  await until("the function runs", async () => (await readdir(path)).length === 1);
  ended.abort(new Error("enough"));
  await expect(held).rejects.toThrow("enough");
  await writeFile(`${path}.go`, "");
  const options = { resources: { GPU: 1 }, timeoutMs: 300 };
  await expect(calls.call("work:echo", [1], options)).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("A map yields each input's value once, in order or as completed, in batches that grow", async () => {
  const inputs = Array.from({ length: 3000 }, (_, index) => index);
  const progress: number[] = [];
  const options = {
    kwargs: { factor: 2 },
    onProgress: ({ completed }: { completed: number }) => progress.push(completed),
  };
  const seen = await all(calls.map("work:scaled", inputs, options));
  expect(seen.toSorted((a, b) => a.index - b.index).map(({ value }) => value)).toEqual(inputs.map((each) => 2 * each));
  expect(progress.at(-1)).toBe(3000);
  expect(progress.length).toBeLessThan(300);
  const ordered = await all(calls.map("work:echo", new Set(inputs).keys(), { ordered: true, batchSize: 7 }));
  expect(ordered.map(({ value }) => value)).toEqual(inputs);
  expect(await all(calls.map("work:echo", [], {}))).toEqual([]);
});

test("A map of a slow source pulls no further than its window, and ends with its consumer", async () => {
  let [pulled, closed] = [0, false];
  async function* source(): AsyncGenerator<number> {
    try {
      for (;;) yield await Promise.resolve(pulled++);
    } finally {
      closed = true;
    }
  }
  let taken = 0;
  for await (const { value } of calls.map("work:echo", source(), { batchSize: 1, concurrency: 4 })) {
    expect(value).toBeLessThan(100);
    if (++taken === 10) break;
  }
  expect(pulled).toBeLessThan(40);
  expect(closed).toBe(true);
  async function* broken(): AsyncGenerator<number> {
    yield await Promise.resolve(1);
    throw new Error("the source broke");
  }
  await expect(all(calls.map("work:echo", broken(), {}))).rejects.toThrow("the source broke");
});

test("A failing input ends the map, or is yielded with its error", async () => {
  const inputs = [1, 2, 3, 4];
  const bad = { kwargs: { bad: [3] }, batchSize: 2 };
  await expect(all(calls.map("work:fails_for", inputs, bad))).rejects.toThrow("for input 2 failed: ValueError");
  const results = await all(
    calls.map("work:fails_for", inputs, { ...bad, errors: "yield", ordered: true, retries: 1 }),
  );
  expect(results.map(({ value, error }) => value ?? error?.type)).toEqual([1, 2, "ValueError", 4]);
  const path = await folderOf(dask, "map-retries");
  const retried = await all(calls.map("work:fails_at_first", [path, path], { retries: 3 }));
  expect(retried.map(({ value }) => value)).toEqual(["at last", "at last"]);
});

test("Uploaded code replaces the one before, for workers that join later, too; links do not lead out", async () => {
  const path = await folderOf(dask, "package");
  await writeFile(join(path, "__init__.py"), "from .inner import version\n");
  for (const version of ["1", "2"]) {
    await writeFile(join(path, "inner.py"), `import os\ndef version():\n    return ${version}\n`);
    await calls.upload([path, WORK], undefined);
    expect(await calls.call("package:version", [], {})).toBe(Number(version));
  }
  await dask.addWorker("late", ["--no-nanny", "--resources", "LATE=1"]);
  expect(await calls.call("package.inner:version", [], { resources: { LATE: 1 } })).toBe(2);
  // Another process without code of its own runs what is there.
  const other = new Calls({ link: () => client });
  expect(await other.call("package:version", [], {})).toBe(2);
  await other.close();
  await expect(calls.upload([join(path, "nothing")], undefined)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await expect(calls.upload([WORK, WORK], undefined)).rejects.toThrow("two files");
  await symlink(WORK, join(path, "link.py"));
  await expect(calls.upload([path], undefined)).rejects.toThrow("leads out of its folder");
});
