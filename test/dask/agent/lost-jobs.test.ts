import { expect, test } from "vitest";

import { until } from "../../support/until.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";
import { Submitter, firstLine, linesOf } from "./job-dask.ts";

/** Says its number and that of the Dask server beside it, and goes on for ever. */
const STAYS = "import os, time; print(os.getpid(), os.environ['SERVER'], flush=True)\nwhile True: time.sleep(1)";

const PID_OF = `
import os
from distributed import Client
with Client(os.environ["SCHEDULER"]) as client:
    print(client.run_on_scheduler(os.getpid), *client.run(os.getpid).values())
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("A job whose worker or whose watching process is killed ends: it is lost, and its output is not", async () => {
  await using dask = await daskWithLoader("127.83.13.1");
  await using client = await connectWithAgent(dask);
  await using here = await Submitter.open(client);
  await dask.addWorker("w-1", ["--no-nanny"]);
  const [, worker] = (await dask.python(PID_OF)).split(" ").map(Number);
  const job = await here.python(STAYS, { on: "worker", env: { SERVER: "w" } });
  const pid = Number.parseInt(await firstLine(job), 10);
  process.kill(worker ?? 0, "SIGKILL");
  await expect(job.done).rejects.toMatchObject({
    code: "JOB_FAILED",
    message: `The job ${job.id} has no result: its worker w-1 is gone.`,
  });
  expect(await linesOf(job)).toEqual([`${pid} w`]);
  await until("the job to end", () => !isAlive(pid));

  const other = await here.python(STAYS.replace("os.getpid()", "os.getpid(), os.getppid()"), { env: { SERVER: "s" } });
  const [own = 0, runner = 0] = (await firstLine(other)).split(" ").map(Number);
  process.kill(runner, "SIGKILL");
  await expect(other.done).rejects.toMatchObject({
    message: expect.stringContaining("the process that watched it was killed"),
  });
  await until("the job to end", () => !isAlive(own));
});

test("Jobs end with their scheduler, however it ends; waiting for them has its own deadline", async () => {
  for (const [index, signal] of (["SIGTERM", "SIGKILL"] as const).entries()) {
    await using dask = await daskWithLoader(`127.83.13.${2 + index}`);
    await using client = await connectWithAgent(dask);
    await using here = await Submitter.open(client);
    const [scheduler] = (await dask.python(PID_OF)).split(" ").map(Number);
    const job = await here.python(STAYS, { env: { SERVER: "s" } });
    const pid = Number.parseInt(await firstLine(job), 10);
    process.kill(scheduler ?? 0, signal);
    await until("the job to end", () => !isAlive(pid));
    await expect(job.wait({ timeoutMs: 500 })).rejects.toMatchObject({ code: "TIMEOUT" });
  }
});
