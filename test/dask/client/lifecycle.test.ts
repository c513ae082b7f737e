import { describe, expect, it } from "vitest";

import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";
import { DaskProcesses } from "./dask-processes.ts";

/** Stores one value on a worker, referenced by the scheduler, and returns that worker's address. */
const PUBLISH = `
import os
from distributed import Client
with Client(os.environ["SCHEDULER"]) as client:
    future = client.submit(lambda: list(range(1000)), pure=False)
    future.result()
    client.publish_dataset(kept=future)
    print(client.who_has([future])[future.key][0])
`;

const READ = `
import os
from distributed import Client
with Client(os.environ["SCHEDULER"]) as client:
    print(sum(client.get_dataset("kept").result()))
`;

async function untilGone(client: SchedulerClient, name: string): Promise<void> {
  await poll(async () => ((await client.workers()).every((worker) => worker.name !== name) ? true : undefined), {
    what: `${name} to be gone`,
    deadline: new Deadline(patient(30_000)),
    intervalMs: 50,
  });
}

describe("a cluster's life", () => {
  it("retires workers and keeps their data, up to the last one", async () => {
    await using dask = await DaskProcesses.start("127.83.1.2");
    await Promise.all([dask.addWorker("a", ["--no-nanny"]), dask.addWorker("b"), dask.addWorker("3", ["--no-nanny"])]);
    await using client = await SchedulerClient.connect(dask.address);
    const holder = await dask.python(PUBLISH);

    const retired = await client.retireWorkers({ addresses: [holder] });
    expect(retired).toMatchObject([{ address: holder }]);
    expect(await dask.python(READ)).toBe("499500");
    await untilGone(client, retired[0]?.name ?? "");

    const names = (await client.workers()).map(({ name }) => name);
    expect(names).toHaveLength(2);
    const [next = ""] = await client.workersToClose({ n: 1 });
    expect(names).toContain(next);
    expect(await client.retireWorkers({ names: [next, "unknown"] })).toMatchObject([{ name: next }]);
    await untilGone(client, next);
    expect(await dask.python(READ)).toBe("499500");

    const last = names.find((name) => name !== next) ?? "";
    expect(await client.retireWorkers({ names: [last] })).toEqual([]);
    expect(await dask.python(READ)).toBe("499500");
  });

  it("shuts down the scheduler and its workers", async () => {
    await using dask = await DaskProcesses.start("127.83.1.3");
    await Promise.all([dask.addWorker("a", ["--no-nanny"]), dask.addWorker("b")]);
    const client = await SchedulerClient.connect(dask.address);
    await client.identity();
    await client.terminate();
    await expect(client.identity()).rejects.toMatchObject({ code: "CLOSED" });
    await dask.ended();
    await expect(SchedulerClient.connect(dask.address)).rejects.toMatchObject({ code: "SCHEDULER_UNREACHABLE" });
  });
});
