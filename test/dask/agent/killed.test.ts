import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Calls } from "../../../src/access/calls/calls.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import type { FilePiece } from "../../../src/dask/agent/jobs.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { until } from "../../support/until.ts";
import type { DaskProcesses } from "../client/dask-processes.ts";
import { daskWithLoader } from "./agent-dask.ts";
import { Submitter } from "./job-dask.ts";
import { killLauncher } from "./kill-launcher.ts";

const WORK = fileURLToPath(new URL("../calls/work.py", import.meta.url));

let dask: DaskProcesses;
let client: SchedulerClient;

beforeAll(async () => {
  dask = await daskWithLoader("127.83.23.1");
  client = await SchedulerClient.connect(dask.address);
});
afterAll(async () => {
  await client?.close();
  await dask?.stop();
});

async function onScheduler(expression: string): Promise<string> {
  return await dask.python(`
import os
from distributed import Client
with Client(os.environ["SCHEDULER"]) as client:
    print(client.run_on_scheduler(lambda dask_scheduler: ${expression}))
`);
}

test("A launcher killed while it sends the agent leaves none; the next one brings it", async () => {
  await killLauncher(dask.address, "delivery");
  await expect(client.ask({ op: "fleet_agent" })).resolves.toBeDefined();
  expect(await onScheduler("dask_scheduler.fleet_loader.agent")).toBe("None");
  expect(await installAgent(client, { cluster: "next" })).toEqual({ failed: {} });
  expect(await onScheduler("dask_scheduler.fleet_loader.agent.settings['cluster']")).toBe("next");
});

test("A launcher killed while it sends a job's files has submitted nothing; the same id goes on from there", async () => {
  await using here = await Submitter.open(client);
  const script = `import os; open(os.environ["DASK_FLEET_RESULT"], "w").write("7")\n#${randomBytes(5_000_000).toString("hex")}\n`;
  await here.write("main.py", script);
  await killLauncher(dask.address, "upload", join(here.cwd, "main.py"));
  expect(await here.jobs.list()).toEqual([]);
  const job = await here.python(script, { id: "upload" });
  expect(await job.done).toMatchObject({ exitCode: 0, result: 7 });
  // Of three pieces the last was cut: it alone is sent after the first question.
  const pieces = here.requests.flatMap((request) =>
    "pieces" in request ? [request["pieces"] as readonly FilePiece[]] : [],
  );
  expect(pieces.map(([piece]) => piece?.[2])).toEqual([0, 8 * 1024 * 1024]);
});

test("A launcher killed before it learns that its job is there finds it again by its id, and it runs once", async () => {
  await using here = await Submitter.open(client);
  const script = `import os; open(os.environ["DASK_FLEET_RESULT"], "w").write(str(os.getpid()))\n`;
  await here.write("main.py", script);
  await killLauncher(dask.address, "submit", join(here.cwd, "main.py"));
  expect((await here.jobs.list()).map(({ id }) => id)).toContain("submit");
  const found = await here.jobs.find("submit");
  const again = await here.python(script, { id: "submit" });
  expect((await again.done).result).toBe((await found.done).result);
});

test("A launcher killed while it uploads code or maps leaves no half code and no tasks; the next one calls", async () => {
  await dask.addWorker("w", ["--no-nanny"]);
  const code = join(dask.directory, "large.py");
  await writeFile(code, `def one():\n    return 1\n#${randomBytes(5_000_000).toString("base64")}\n`);
  await killLauncher(dask.address, "code", code);
  await killLauncher(dask.address, "map", WORK);
  await until("its tasks to be released", async () => (await onScheduler("len(dask_scheduler.tasks)")) === "0");
  const calls = new Calls({ link: () => client });
  await calls.upload([code], undefined);
  expect(await calls.call("large:one", [], {})).toBe(1);
  await calls.close();
  expect(
    await onScheduler(
      "len(dask_scheduler.fleet_loader.agent.clients) and dask_scheduler.fleet_loader.agent.clients['calls']()",
    ),
  ).toBe("0");
});
