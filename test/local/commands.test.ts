import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { shellQuote } from "../../src/text/shell-quote.ts";
import { DaskFleet, type Ended, daskFleet } from "../support/dask-fleet.ts";
import { expectNothingLeft } from "../support/local-state.ts";
import { patient } from "../support/patience.ts";
import { daskPython } from "../support/python.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "dask-fleet-commands-"));
const ADDS = "from distributed import Client; print(Client().submit(sum, [1, 2, 3]).result())";
const PROGRAM = `import os, sys
from distributed import Client
print(Client().submit(sum, [1, 2]).result(), *sys.argv[1:], os.environ.get("DEPTH"), flush=True)
raise SystemExit(5)
`;

let started: DaskFleet;

beforeAll(async () => {
  process.env["XDG_STATE_HOME"] = folder;
  process.env["DASK_FLEET_PYTHON"] = daskPython();
  await writeFile(join(folder, "program.py"), PROGRAM);
  started = new DaskFleet("start", "local", "--name=shared", "--n-workers=1", "--json");
  await until(
    "the address",
    () => started.out.endsWith("}\n"),
    patient(60_000),
    () => started.err,
  );
}, patient(90_000));

afterAll(async () => {
  started.child.kill("SIGINT");
  const { err } = await started.ended;
  await started[Symbol.asyncDispose]();
  await expectNothingLeft(folder);
  delete process.env["XDG_STATE_HOME"];
  await rm(folder, { recursive: true });
  expect(err).toMatch(/: closed\n$/);
}, patient(60_000));

const json = ({ out }: Ended): unknown => JSON.parse(out);

test("start --json prints one document, and says what comes next on standard error", async () => {
  const address = expect.stringMatching(/^tls:/);
  expect(JSON.parse(started.out)).toEqual({ name: "shared", schedulerAddress: address });
  await until(
    "the next steps",
    () => started.err.includes("dask-fleet exec shared -- python train.py"),
    patient(10_000),
  );
});

describe("a job", () => {
  const program = join(folder, "program.py");

  test("is followed to its end, and its exit code is passed on", async () => {
    const words = ["--env", "DEPTH=a,b=c", "--", "python", program, "--n", "10"];
    expect(await daskFleet("submit", "shared", "--id=followed", ...words)).toMatchObject({
      code: 5,
      out: "3 --n 10 a,b=c\n",
      err: "dask-fleet: job followed\n",
    });
  });

  test("is left alone with --detach, listed, read and cancelled from other terminals", async () => {
    const waits = join(folder, "waits.py");
    await writeFile(waits, "print('there', flush=True)\nimport time\nwhile True: time.sleep(0.1)\n");
    const submitted = await daskFleet("submit", "shared", "--id=left", "--detach", "--", waits);
    expect(submitted).toMatchObject({ code: 0, out: "left\n" });
    expect(submitted.err).toContain("dask-fleet jobs shared --cancel left");
    await until(
      "its output",
      async () => (await daskFleet("logs", "shared", "--job", "left")).out === "there\n",
      patient(60_000),
    );
    expect(json(await daskFleet("jobs", "shared", "--json"))).toContainEqual(
      expect.objectContaining({ id: "left", state: "running" }),
    );
    expect(await daskFleet("jobs", "shared", "--cancel", "left")).toMatchObject({ code: 0, out: "left ended\n" });
  });

  test("goes on after Ctrl-C, which is said", async () => {
    const waits = join(folder, "waits.py");
    await using submit = new DaskFleet("submit", "shared", "--id=interrupted", "--", waits);
    await submit.firstLine();
    submit.child.kill("SIGINT");
    expect(await submit.ended).toMatchObject({
      code: 130,
      err: expect.stringContaining("the job interrupted goes on: dask-fleet logs shared --job interrupted --follow"),
    });
    expect(await daskFleet("jobs", "shared", "--cancel=interrupted")).toMatchObject({ code: 0 });
  });

  test.each([
    [["--env", "NOT_SET_ANYWHERE"], "no such variable here"],
    [["--on", "moon"], "Allowed choices are scheduler, worker"],
    [["--resource", "GPU"], "Expected NAME=VALUE after --resource"],
  ])("with %j is refused before anything is asked", async (words, message) => {
    const { code, err } = await daskFleet("submit", "shared", ...words, "--", "x.py");
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

test("env connects a Client() of a shell", async () => {
  const { out } = await daskFleet("env", "shared");
  const script = `${out}\n${daskPython()} -c ${shellQuote(ADDS)}`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { timeout: patient(30_000) });
  expect(stdout).toBe("6\n");
  expect(json(await daskFleet("env", "shared", "--json"))).toHaveProperty("DASK_SCHEDULER_ADDRESS");
  expect((await daskFleet("env", "shared", "--shell=fish")).out).toMatch(/^set -gx DASK_SCHEDULER_ADDRESS 'tls:/);
});

test("config writes files that only this user can read", async () => {
  const where = join(folder, "config");
  const { out } = await daskFleet("config", "shared", where);
  expect(out).toBe(`${join(where, "dask-fleet.yaml")}\n`);
  expect((await stat(out.trim())).mode & 0o077).toBe(0);
  expect(await readFile(out.trim(), "utf8")).toContain("scheduler-address: tls://");
});

test("logs has the lines of all nodes, and the machines' boot", async () => {
  const { out } = await daskFleet("logs", "shared");
  expect(out).toMatch(/^scheduler: .*Registering Worker plugin|^scheduler: .*Register worker/mu);
  expect(out).toMatch(/^shared-worker-\w+: .*Registered to/mu);
  expect((await daskFleet("logs", "shared", "--boot")).out).toMatch(/==> scheduler \S+ <==\n.*starting the scheduler/u);
});

test("logs --follow goes on until Ctrl-C", async () => {
  await using logs = new DaskFleet("logs", "shared", "--follow");
  await logs.firstLine();
  const seen = logs.out.length;
  await daskFleet("exec", "shared", "--", "python", "-c", ADDS);
  await until(
    "new lines",
    () => logs.out.length > seen,
    patient(30_000),
    () => logs.err,
  );
  logs.child.kill("SIGINT");
  expect(await logs.ended).toMatchObject({ code: 130, err: "" });
  expect(logs.out.match(/worker-\w+: .*Registered to/gu)).toHaveLength(1);
});

test("dashboard prints a URL that opens until Ctrl-C", async () => {
  await using dashboard = new DaskFleet("dashboard", "shared");
  const url = await dashboard.firstLine();
  expect((await fetch(url, { redirect: "manual" })).status).toBeLessThan(400);
  dashboard.child.kill("SIGINT");
  expect(await dashboard.ended).toMatchObject({ code: 130 });
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

test("shell is a Python prompt with a connected client", async () => {
  await using shell = new DaskFleet({ input: "print(client.submit(sum, [1, 5]).result())\n" }, "shell", "shared");
  expect(await shell.ended).toMatchObject({ code: 0, out: expect.stringMatching(/<Client: 'tls:.*\n6\n/su) });
});

test("metrics is what Prometheus reads", async () => {
  expect((await daskFleet("metrics", "shared")).out).toMatch(/^dask_scheduler_workers\{/mu);
});

test("--log json makes every event a line of JSON on standard error", async () => {
  const { err } = await daskFleet("run", "local", "--n-workers=0", "--log", "json", "--", "true");
  const events = err
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly type: string; readonly state?: string });
  expect(events.flatMap(({ state = [] }) => state)).toEqual(["starting", "running", "closing", "closed"]);
});

test("--quiet leaves results, warnings and errors", async () => {
  expect(await daskFleet("run", "local", "--quiet", "--", "python", "-c", ADDS)).toMatchObject({
    code: 0,
    out: "6\n",
    err: "",
  });
});

test("--json makes an error a document, too", async () => {
  const failed = await daskFleet("jobs", "shared", "--cancel=none", "--json");
  expect([failed.code, json(failed)]).toEqual([1, { error: { code: "JOB_NOT_FOUND", message: expect.any(String) } }]);
});
