import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { until } from "../../support/until.ts";
import type { DaskProcesses } from "../client/dask-processes.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";
import { Submitter, firstLine, linesOf } from "./job-dask.ts";

const LOG_BYTES = 256 * 1024;
/** `ps` and /proc, as another job on the machine sees them. */
const LOOK_AROUND = `
import json, os
seen = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/stat", "rb") as stat:
            seen.append(line.read().replace(b"\\0", b" ").decode(errors="replace"))
    except OSError:
        pass
json.dump({"seen": seen, "own": dict(os.environ)}, open(os.environ["DASK_FLEET_RESULT"], "w"))
`;

let dask: DaskProcesses;
let client: SchedulerClient;
let here: Submitter;

beforeAll(async () => {
  dask = await daskWithLoader("127.83.12.1");
  client = await connectWithAgent(dask, { jobs: { logBytes: LOG_BYTES, keptJobs: 40 } });
  await dask.addWorker("w-1", ["--no-nanny", "--resources", "GPU=1"]);
});
afterAll(async () => {
  await client?.close();
  await dask?.stop();
});
beforeEach(async () => {
  here = await Submitter.open(client);
});
afterEach(async () => {
  await here[Symbol.asyncDispose]();
});

async function busy(): Promise<string> {
  return await dask.python(`
import os
from distributed import Client
def busy(dask_scheduler):
    return dask_scheduler.fleet_loader.agent.busy["jobs"]()
with Client(os.environ["SCHEDULER"]) as client:
    print(client.run_on_scheduler(busy))
`);
}

describe.each(["scheduler", "worker"] as const)("A job on the %s", (on) => {
  test("has its files, arguments and variables, finds the cluster, and returns exit code and result", async () => {
    await mkdir(join(here.cwd, "lib"));
    await here.write("lib/__init__.py", "");
    await here.write("lib/help.py", `NAME = "${on}"\n`);
    const script = `
import json, os, sys
from distributed import Client
from lib.help import NAME
with Client() as client:
    print(NAME, client.submit(sum, [1, 2, 3]).result(), sys.argv[1:], os.environ["A"])
print("to standard error", file=sys.stderr)
json.dump({"a": [1.5, None]}, open(os.environ["DASK_FLEET_RESULT"], "w"))
sys.exit(7)
`;
    const how = { args: ["x y", "$HOME"], files: ["lib/"], env: { A: "b" }, on };
    const job = await here.python(script, how);
    expect(await linesOf(job)).toEqual([`${on} 6 ['x y', '$HOME'] b`, "to standard error"]);
    expect(await job.done).toEqual({ exitCode: 7, result: { a: [1.5, null] }, isCancelled: false });
    expect(job.lastStatus).toMatchObject({ name: "main.py", on, state: "ended" });
    expect(job.lastStatus.worker).toBe(on === "worker" ? "w-1" : undefined);

    // What is there is not sent again, and another handle finds the job.
    here.requests.length = 0;
    const again = await here.python(script, how);
    expect(here.requests.map(({ op }) => op)).not.toContain("fleet_job_put");
    expect((await (await here.jobs.find(again.id)).wait()).exitCode).toBe(7);
    expect((await here.jobs.list()).map(({ id }) => id)).toEqual(expect.arrayContaining([job.id, again.id]));
  });

  test("has a result's path that Dask reads as a variable without a warning", async () => {
    const job = await here.python("import os; print(os.environ['DASK_FLEET_RESULT'])", { on });
    expect((await linesOf(job)).join()).toMatch(/\/dask-fleet-jobs_\w+\/job-[\w-]+\/result$/u);
  });

  test("ends with its first process: what it left running is ended, also outside of its session", async () => {
    const children = `
import os, subprocess, sys
print(subprocess.Popen(["sleep", "300"]).pid)
print(subprocess.Popen(["setsid", "sleep", "300"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)
sys.stdout.flush()
os.kill(os.getpid(), 9)
`;
    const job = await here.python(children, { on });
    const pids = (await linesOf(job)).map(Number);
    expect((await job.done).exitCode).toBe(128 + 9);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("that ignores SIGTERM is killed after the grace, and one that obeys ends by itself", async () => {
    const stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(300)";
    const polite = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(5)); print('up'); time.sleep(300)";
    const [killed, told] = [await here.python(stubborn, { on }), await here.python(polite, { on })];
    await Promise.all([firstLine(killed), firstLine(told)]);
    expect(await busy()).toBe("2");
    await Promise.all([killed.cancel({ graceMs: 200 }), told.cancel()]);
    expect(await killed.done).toEqual({ exitCode: 128 + 9, result: undefined, isCancelled: true });
    expect(await told.done).toEqual({ exitCode: 5, result: undefined, isCancelled: true });
    expect((await told.cancel()).exitCode).toBe(5);
    expect(await busy()).toBe("0");
  });

  test("keeps the newest output, and tells each reader what was dropped", async () => {
    const job = await here.python("for i in range(100000): print('%019d' % i)", { on });
    await job.done;
    let dropped = 0;
    const lines: string[] = [];
    for await (const line of job.logs({ onDropped: (bytes) => (dropped += bytes) })) lines.push(line);
    expect(lines.at(-1)).toBe("0000000000000099999");
    const kept = lines.reduce((sum, line) => sum + line.length + 1, 0);
    expect(dropped + kept).toBe(2_000_000);
    expect(kept).toBeGreaterThan(LOG_BYTES / 2);
    expect(kept).toBeLessThanOrEqual(LOG_BYTES);
    const [told] = await linesOf(job);
    expect(told).toBe(`[dask-fleet] ${dropped.toLocaleString("en-US")} bytes of output are no longer kept`);
    const tail: string[] = [];
    for await (const line of job.logs({ tailBytes: 40, follow: false })) tail.push(line);
    expect(tail).toEqual(["0000000000000099998", "0000000000000099999"]);
  });

  test("gives bytes as they are, and says which result cannot be used", async () => {
    const write = (code: string): string => `import os\npath = os.environ["DASK_FLEET_RESULT"]\n${code}\n`;
    const arrow = await here.python(write("open(path, 'wb').write(b'ARROW1' + bytes(3000000))"), { on });
    const text = await here.python(write("open(path, 'w').write('[NaN]')"), { on });
    const link = await here.python(write("os.symlink('/etc/passwd', path)"), { on });
    const { result } = await arrow.done;
    expect(Buffer.from(result as Uint8Array).subarray(0, 6)).toEqual(Buffer.from("ARROW1"));
    expect((result as Uint8Array).length).toBe(3_000_006);
    await expect(text.done).rejects.toMatchObject({ code: "JOB_FAILED", message: expect.stringContaining("not JSON") });
    await expect(link.done).rejects.toMatchObject({ message: expect.stringContaining("it is not a plain file") });
  });
});

test("A module runs as python -m does, and one that is not there fails as there", async () => {
  await mkdir(join(here.cwd, "pkg"));
  await here.write("pkg/train.py", "import sys; print(__name__, sys.argv[1:])");
  const job = await here.jobs.submit({ module: "pkg.train" }, { cwd: here.cwd, files: ["pkg"], args: ["-h"] });
  expect(await linesOf(job)).toEqual(["__main__ ['-h']"]);
  const missing = await here.jobs.submit({ module: "no_such_module" });
  expect(await linesOf(missing)).toEqual([expect.stringContaining("No module named no_such_module")]);
  expect((await missing.done).exitCode).toBe(1);
});

test("Variables of a job are in no argument, no other job's environment and no log", async () => {
  const secret = "hunter2-hunter2";
  const first = await here.python("print('up', flush=True); import time; time.sleep(300)", { env: { SECRET: secret } });
  await firstLine(first);
  const { result } = await (await here.python(LOOK_AROUND, {}, "look.py")).done;
  const { seen, own } = result as { readonly seen: readonly string[]; readonly own: Record<string, string> };
  expect(seen.some((line) => line.includes("job_runner.py"))).toBe(true);
  expect(JSON.stringify(seen)).not.toContain(secret);
  expect(own).not.toHaveProperty("SECRET");
  await first.cancel();
  // A refused job's variables are in no log either.
  const request = { op: "fleet_job_submit", id: "j", job: { module: "m", env: { SECRET: secret, "A=": "" } } };
  await expect(client.ask(request)).rejects.toMatchObject({ message: expect.not.stringContaining(secret) });
  expect(JSON.stringify(await client.logs())).not.toContain(secret);
});

test("The same submission twice is one job, and its id is nobody else's", async () => {
  await using other = await connectWithAgent(dask);
  await using there = await Submitter.open(other);
  const script = "import os; open(os.environ['DASK_FLEET_RESULT'], 'w').write(str(os.getpid()))";
  const [one, two] = await Promise.all([here.python(script, { id: "once" }), there.python(script, { id: "once" })]);
  expect((await one.done).result).toBe((await two.done).result);
  await expect(here.python(`${script}\n`, { id: "once" })).rejects.toMatchObject({
    code: "JOB_FAILED",
    message: "The job once was refused: another job has this id.",
  });
  await expect(here.jobs.find("nobody")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});

test("Only so many ended jobs are kept", async () => {
  const oldest = await here.jobs.submit({ module: "this" });
  await oldest.wait();
  for (let count = 0; count < 40; count += 1) await here.jobs.submit({ module: "this" });
  await until("the oldest jobs to be forgotten", async () => {
    const jobs = await here.jobs.list();
    return jobs.length === 40 && jobs.every(({ lastStatus }) => lastStatus.state === "ended");
  });
  await expect(here.jobs.find(oldest.id)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});

describe("Files", () => {
  const content = Buffer.alloc(5_000_000, "x");
  const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
  const put = async (...piece: readonly unknown[]): Promise<unknown> =>
    (await client.ask({ op: "fleet_job_put", pieces: [piece] })).map().get("have").list()[0]?.number();

  test("arrive in parts, from several senders, again and from the middle on", async () => {
    const [hash, size] = [sha256(content), content.length];
    const [first, second] = [content.subarray(0, 4_000_000), content.subarray(4_000_000)];
    expect(await put(hash, size, 4_000_000, second)).toBe(0);
    expect(await put(hash, size, 0, first)).toBe(4_000_000);
    expect(await put(hash, size, 0, first)).toBe(4_000_000);
    expect(await put(hash, size, 4_000_000, second)).toBe(size);
    expect(await put(hash, size, 4_000_000, second)).toBe(size);
    expect((await client.ask({ op: "fleet_job_missing", hashes: [hash] })).map().get("missing").list()).toEqual([]);
  });

  test("with another SHA-256 than was said are forgotten", async () => {
    const hash = sha256(Buffer.from("something else"));
    expect(await put(hash, 4, 0, Buffer.from("four"))).toBe(-1);
    expect(await put(hash, 4, 0, Buffer.from("three"))).toBe(-1);
    expect((await client.ask({ op: "fleet_job_missing", hashes: [hash] })).map().get("missing").list()).toHaveLength(1);
  });
});

describe("Hostile request", () => {
  const file = (path: unknown, size: unknown = 0): unknown => [path, createHash("sha256").digest("hex"), size, false];
  const job = (more: object): object => ({ op: "fleet_job_submit", id: "j", job: { module: "this", ...more } });
  const paths = ["../x", "/etc/x", "a//b", "a/./b", "", ".", "a\0b", "x".repeat(300), "x/".repeat(600), 7, null, ["a"]];
  const requests: readonly (readonly [string, object])[] = [
    ...paths.map((path) => [`path ${JSON.stringify(path).slice(0, 20)}`, job({ files: [file(path)] })] as const),
    ["script outside", job({ module: undefined, script: "../../etc/passwd" })],
    ["script that is not sent", job({ module: undefined, script: "a.py" })],
    ["script and module", job({ script: "a.py" })],
    ["no program", job({ module: undefined })],
    ["module with an option", job({ module: "-c" })],
    ["module with a space", job({ module: "a b" })],
    ["file through a file", job({ files: [file("a"), file("a/b")] })],
    ["file twice", job({ files: [file("a"), file("a")] })],
    ["file without end", job({ files: [file("a", 2 ** 50)] })],
    ["negative size", job({ files: [file("a", -1)] })],
    ["size as a text", job({ files: [file("a", "7")] })],
    ["short entry", job({ files: [["a"]] })],
    ["too many files", job({ files: Array.from({ length: 10_001 }, () => 0) })],
    ["hash", job({ files: [["a", "../../x", 1, false]] })],
    ["argument with NUL", job({ args: ["a\0b"] })],
    ["argument that is a number", job({ args: [7] })],
    ["huge argument", job({ args: ["x".repeat(200_000)] })],
    ["huge arguments", job({ args: Array.from({ length: 20 }, () => "x".repeat(100_000)) })],
    ["arguments as a text", job({ args: "abc" })],
    ["variable's name", job({ env: { "A=B": "c" } })],
    ["variable's value", job({ env: { A: 7 } })],
    ["place", job({ on: "everywhere" })],
    ["resources", job({ on: "worker", resources: { GPU: Number.NaN } })],
    ["unknown property", job({ cwd: "/" })],
    ["id that leads away", { ...job({}), id: "../../x" }],
    ["id that is a number", { ...job({}), id: 7 }],
    ["no job", { op: "fleet_job_submit", id: "j", job: null }],
    ["follow from below", { op: "fleet_job_follow", id: "j", offset: -1 }],
    ["follow from nowhere", { op: "fleet_job_follow", id: "j", offset: 2 ** 60 }],
    ["follow all at once", { op: "fleet_job_follow", id: "j", most: 2 ** 40 }],
    ["wait for ever", { op: "fleet_job_wait", id: "j", seconds: 1e9 }],
    ["wait for nothing", { op: "fleet_job_wait", id: "j", seconds: Number.NaN }],
    ["grace", { op: "fleet_job_cancel", id: "j", grace: -1 }],
    ["hashes", { op: "fleet_job_missing", hashes: ["../x"] }],
    ["piece that is text", { op: "fleet_job_put", pieces: [["a".repeat(64), 1, 0, "x"]] }],
    ["piece behind the end", { op: "fleet_job_put", pieces: [["a".repeat(64), 1, 7, Buffer.from("x")]] }],
    ["large piece", { op: "fleet_job_put", pieces: [["a".repeat(64), 2 ** 29, 0, Buffer.alloc(5_000_000)]] }],
    ["unknown argument", { op: "fleet_job_list", all: true }],
  ];

  test.each(requests)("%s is refused with a sentence", async (_, request) => {
    await expect(client.ask(request as never)).rejects.toMatchObject({
      code: "REMOTE_ERROR",
      message: expect.stringMatching(/(?:Value|Type)Error\(.{10}/u),
    });
  });

  test("none of them has begun a job", async () => {
    await expect(here.jobs.find("j")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  });
});

test("A worker with a job is not idle and is not offered to be closed; scale-down takes others first", async () => {
  await dask.addWorker("w-2", ["--no-nanny"]);
  const stays = "print('up', flush=True); import time; time.sleep(300)";
  const [one, two] = [await here.python(stays, { on: "worker" }), await here.python(stays, { on: "worker" })];
  await Promise.all([firstLine(one), firstLine(two)]);
  expect(new Set([one.lastStatus.worker, two.lastStatus.worker])).toEqual(new Set(["w-1", "w-2"]));
  expect(await client.demand()).toMatchObject({ idle: [] });
  expect(await client.workersToClose({ n: 2 })).toEqual([]);
  await one.cancel();
  expect(await client.demand()).toMatchObject({ idle: [one.lastStatus.worker] });
  for (const how of [{ n: 1 }, { n: 2 }, { target: 0 }, { target: 1 }])
    expect(await client.workersToClose(how)).toEqual([one.lastStatus.worker]);
  await two.cancel();
  expect((await client.workersToClose({ target: 0 })).length).toBe(2);
});

test("A job's worker is one with the wanted resources; without one the job is refused", async () => {
  for (let count = 0; count < 2; count += 1) {
    const job = await here.python("print(1)", { on: "worker", resources: { GPU: 1 } });
    expect(job.lastStatus.worker).toBe("w-1");
  }
  await expect(here.python("print(1)", { on: "worker", resources: { GPU: 2 } })).rejects.toMatchObject({
    code: "JOB_FAILED",
    message: expect.stringContaining("no worker with the wanted resources is running (2 workers are registered)"),
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
