import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { printable } from "../../../src/text/printable.ts";
import { ALL_HOSTILE, HOSTILE_OUTPUTS, problemsIn } from "../../support/hostile-output.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
/** Python cannot print unpaired surrogates, and a Dask message cannot carry them. */
const HOSTILE = ALL_HOSTILE.toWellFormed();
const SHORT = Object.values(HOSTILE_OUTPUTS)
  .filter((text) => text.length < 200)
  .join("|")
  .toWellFormed();

const { root } = isolatedState();

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dask-fleet-text-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function wordsOf(events: readonly ProgressEvent[]): readonly string[] {
  return events.flatMap((event) => ("message" in event ? [event.message] : []));
}

describe("Attack by a task: text that real Dask passes on", () => {
  test("Hostile output, broken bytes and a traceback of them fail the start, and every line is quoted behind a bar", async () => {
    const python = join(directory, "python");
    const printed = join(directory, "printed");
    const bytes = Buffer.from([0x9b, 0x32, 0x4a, 0xc3, 0x28, 0xff, 0xfe, 0x0a]);
    const traceback = `Traceback (most recent call last):\n  File "x", line 1\nRuntimeError: ${HOSTILE}\n`;
    await writeFile(
      printed,
      Buffer.concat([Buffer.from(`${HOSTILE}\n${traceback}`), bytes, Buffer.from(`${SHORT}\n`)]),
    );
    const answer = `dask-fleet-python:${JSON.stringify([python, "3.12.1", "2026.8.0", {}])}`;
    const script = `if [[ $1 == -c ]]; then echo '${answer}'; else cat ${printed} >&2; exit 1; fi`;
    await writeFile(python, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
    const cluster = new LocalCluster({ nWorkers: 1, python });
    const events: ProgressEvent[] = [];
    cluster.onProgress((event) => events.push(event));
    const error: unknown = await cluster.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(/\nConsole output \(last lines\):\n {2}\| [^]*\n {2}\| FORGED/u) as string,
    });
    expect([inspect(error), ...wordsOf(events)].flatMap((text) => problemsIn(text))).toEqual([]);
  });

  test("Worker names, resources of tasks and log lines are printable in our text, and raw data in logs()", async () => {
    await using cluster = new LocalCluster({ nWorkers: 1, ...NO_DASHBOARD });
    const events: ProgressEvent[] = [];
    cluster.onProgress((event) => events.push(event));
    await cluster.start();
    const program = `
import logging, os, sys, time
from distributed import Client, Worker
import asyncio
import dask

hostile = os.environ["HOSTILE"]
tls = dask.config.get("distributed.comm.tls")
dask.config.set({"distributed.comm.tls.worker": tls["client"]})

def work(text):
    logging.getLogger("distributed.worker").warning("%s", text)
    raise RuntimeError(text)

async def main():
    async with Client(asynchronous=True) as client:
        await client.submit(work, hostile).exception()
        waits = client.submit(time.time, resources={hostile: 1}, pure=False)
        async with Worker(client.scheduler.address, name=hostile, nthreads=1, dashboard=False):
            await asyncio.sleep(600)

asyncio.run(main())
`;
    const ended = new AbortController();
    const command = cluster.run("python", ["-c", program], {
      env: { HOSTILE: SHORT.replaceAll("\0", ""), DASK_TEMPORARY_DIRECTORY: directory },
      stdio: "ignore",
      signal: ended.signal,
    });
    command.catch(() => undefined);
    await cluster.adapt({ minimum: 1, maximum: 2, intervalMs: 200 });
    await until(
      "warnings of the worker and of the task",
      () =>
        /The worker a\\u\{1b\}/u.test(wordsOf(events).join("\n")) &&
        /each needs a\\u/u.test(wordsOf(events).join("\n")),
      60_000,
      () => wordsOf(events).join("\n"),
    );
    expect([...wordsOf(events), cluster.describe()].flatMap((text) => problemsIn(text))).toEqual([]);
    const logs = Object.values((await cluster.logs()).workers).flat();
    const text = logs.map(({ message }) => message).join("\n");
    expect(text).toContain("\u001B[2J");
    expect(
      problemsIn(printable(text), { tabs: true, longest: Infinity }).filter((each) => each.startsWith("U+")),
    ).toEqual([]);
    ended.abort();
    await command.catch(() => undefined);
  });
});

describe("Attack by a hostile file: a record of a cluster", () => {
  test("`dask-fleet list` prints no control sequence of it and adds no row", async () => {
    const place = join(root(), "lab");
    await mkdir(root(), { recursive: true, mode: 0o700 });
    await mkdir(place, { mode: 0o700 });
    const record = {
      version: 1,
      name: "lab",
      provider: "local",
      createdAt: HOSTILE,
      launcher: { pid: 1, host: HOSTILE },
      options: { name: "lab" },
      expiresAt: HOSTILE,
      ports: { scheduler: 1, dashboard: 2, gate: 3 },
      providerState: {},
    };
    await writeFile(join(place, "record.json"), JSON.stringify(record), { mode: 0o600 });
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, "list", "local"]).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    await rm(place, { recursive: true });
    expect([...problemsIn(stdout, { tabs: true }), ...problemsIn(stderr)]).toEqual([]);
    // The header, one row, and the end of its line.
    expect(stdout.split("\n").length).toBeLessThanOrEqual(3);
    expect(stdout + stderr).toContain("lab");
  });
});
