import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { processRuns } from "../../support/process-runs.ts";
import { line, until } from "../../support/until.ts";
import { processesOf } from "./machine-processes.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();

test("A close removes the machines while a command ignores SIGTERM, and kills the command in time", async () => {
  const cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1, closeTimeoutMs: 4000 }).start();
  const script = 'trap "" TERM; echo $$ >"$1"; while :; do sleep 0.1; done';
  const command = cluster.run("bash", ["-c", script, "bash", join(directory(), "pid")], { stdio: "ignore" });
  command.catch(() => undefined);
  const pid = Number(await line(join(directory(), "pid")));
  const began = performance.now();
  const closing = cluster.close();
  await until("the machines to be gone", async () => (await processesOf(cluster)).length === 0);
  const [gone, stillRan] = [performance.now(), processRuns(pid)];
  await closing;
  const closed = performance.now();
  console.info(`Machines gone after ${Math.round(gone - began)} ms, closed after ${Math.round(closed - began)} ms`);
  expect(stillRan).toBe(true);
  expect(processRuns(pid)).toBe(false);
  expect(closed - began).toBeLessThan(patient(3500));
  await expect(command).rejects.toMatchObject({ code: "CLOSED" });
});
