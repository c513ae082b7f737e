import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();

const SUBMITTER = fileURLToPath(new URL("submitter-program.ts", import.meta.url));
/** Computes on the cluster, with TLS and without arguments, and says whose certificate it has shown. */
const TRAIN = `
import dask, json, os, ssl, sys, time
from distributed import Client
with Client() as client:
    total = client.submit(sum, [1, 2, 3]).result()
print(total, sys.argv[1:], flush=True)
while not os.path.exists(${JSON.stringify("GO")}):
    time.sleep(0.05)
subject = ssl._ssl._test_decode_cert(dask.config.get("distributed.comm.tls.client.cert"))["subjectAltName"][0][1]
json.dump([total, subject.split(".")[0]], open(os.environ["DASK_FLEET_RESULT"], "w"))
`;

test("A job survives the program that submitted it; any handle finds it, and close() ends what still runs", async () => {
  const go = join(directory(), "go");
  await writeFile(join(directory(), "train.py"), TRAIN.replace('"GO"', JSON.stringify(go)));
  const options = { ...NO_DASHBOARD, nWorkers: 1 };
  let stays: Promise<unknown> | undefined;
  {
    await using cluster = await new LocalCluster(options).start();
    const program = spawn(process.execPath, [SUBMITTER, cluster.name, directory()], { stdio: ["ignore", "pipe", 2] });
    await saying(program, "6 ['go']");
    program.kill("SIGKILL");
    await once(program, "close");

    const found = await cluster.job("long");
    expect(found.lastStatus).toMatchObject({ name: "train.py", state: "running" });
    const beside = await cluster.submit("train.py", { cwd: directory(), on: "worker" });
    await writeFile(go, "");
    expect(await found.done).toEqual({ exitCode: 0, result: [6, "scheduler"], isCancelled: false });
    expect(await beside.done).toEqual({ exitCode: 0, result: [6, "worker"], isCancelled: false });
    expect((await cluster.jobs()).map(({ id }) => id).sort()).toEqual([beside.id, "long"].sort());

    const script = join(directory(), "stays.py");
    await writeFile(script, "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('up')\ntime.sleep(300)");
    const job = await cluster.submit(script);
    for await (const line of job.logs()) {
      expect(line).toBe("up");
      break;
    }
    stays = job.done.catch((error: unknown) => error);
  }
  expect(await stays).toMatchObject({ code: "CLOSED" });
});

async function saying(program: ChildProcess, line: string): Promise<void> {
  let out = "";
  program.stdout?.on("data", (text) => (out += String(text)));
  await until(
    line,
    () => out.split("\n").includes(line),
    60_000,
    () => out,
  );
}
