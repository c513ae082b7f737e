import { describe, expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { patient } from "../../support/patience.ts";
import { HOSTILE } from "../../unit/bootstrap/bash.ts";
import { askClient } from "./client.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";
import { makePki } from "./pki.ts";
import { pythons } from "./pythons.ts";

const pki = makePki();
const stranger = makePki();

describe.each(pythons())("with distributed $version", ({ python }) => {
  const base = { clusterName: "test", nameFrom: "instance-id", runtime: "native", python } as const;

  function specs(more: Partial<NodeSpec> = {}): {
    scheduler: NodeSpec;
    worker: NodeSpec;
    address: string;
    hosts: string[];
  } {
    const hosts = [ownAddress(), ownAddress()];
    const address = `tls://${hosts[0]}:8786`;
    return {
      scheduler: { ...base, role: "scheduler", security: pki.scheduler, host: hosts[0] },
      worker: { ...base, role: "worker", security: pki.worker, host: hosts[1], schedulerAddress: address, ...more },
      address,
      hosts,
    };
  }

  test("a worker that starts before its scheduler joins it, and both end on request", async () => {
    const hostile = Object.fromEntries(HOSTILE.map((value, index) => [`HOSTILE_${index}`, value]));
    const { scheduler, worker, address, hosts } = specs({
      envVars: { ...hostile, IFS: ",", root: "/nowhere", etc: "/nowhere", child: "1", command: "false" },
      daskSettings: { "distributed.comm.tls.min-version": 1.2, "distributed.admin.tick.limit": "7s" },
      workerOptions: { nthreads: 3, memoryLimit: "300 MiB", resources: { "it's": 2 }, nworkers: 1 },
    });
    await using early = new NodeProcess(worker, "i-0early");
    await early.shows("waiting for the scheduler");
    await using late = new NodeProcess(scheduler, "i-0late");
    await early.shows("Starting established connection");
    const answer = await askClient(
      python,
      address,
      pki.client,
      `
import psutil

def environment():
    import os
    return dict(os.environ)

def inner_client():
    # A task's own client dials the scheduler with the worker's certificate.
    from distributed import get_client
    return get_client().submit(sum, [1, 2, 3]).result()

def setting():
    import dask
    return [dask.config.get("distributed.admin.tick.limit"), dask.config.get("distributed.comm.tls.min-version")]

def listening(pids):
    for pid in pids:
        process = psutil.Process(pid)
        connections = getattr(process, "net_connections", process.connections)
        yield from [c.laddr.ip for c in connections(kind="inet") if c.status == psutil.CONN_LISTEN]

info = client.scheduler_info()
answer = {
    "env": client.submit(environment).result(),
    "inner": client.submit(inner_client).result(),
    "setting": client.submit(setting).result(),
    "workers": list(info["workers"].values()),
    "scheduler": sorted(set(listening(${JSON.stringify(late.pids())}))),
    "worker": sorted(set(listening(${JSON.stringify(early.pids())}))),
}
`,
    );
    expect(answer).toMatchObject({
      env: worker.envVars,
      inner: 6,
      setting: ["7s", 1.2],
      workers: [
        {
          name: "i-0early",
          host: hosts[1],
          nthreads: 3,
          memory_limit: 300 * 2 ** 20,
          resources: { "it's": 2 },
          nanny: expect.stringContaining(`tls://${hosts[1]}:`),
        },
      ],
      scheduler: [hosts[0]],
      worker: [hosts[1]],
    });
    expect(`${early.output}${late.output}`).not.toContain("PRIVATE KEY");

    early.signal("SIGTERM");
    expect(await early.ends()).toBe(143);
    late.signal("SIGTERM");
    expect(await late.ends()).toBe(143);
  });

  test("a worker exits cleanly when it is retired and when its scheduler ends", async () => {
    const { scheduler, worker, address } = specs();
    await using first = new NodeProcess(scheduler, "i-0first");
    await using second = new NodeProcess(worker, "i-0second");
    await using third = new NodeProcess({ ...worker, host: ownAddress() }, "i-0third");
    await Promise.all([second, third].map((node) => node.shows("Starting established connection")));
    const retired = await askClient(
      python,
      address,
      pki.client,
      `
workers = client.scheduler_info()["workers"]
answer = list(client.retire_workers([a for a, w in workers.items() if w["name"] == "i-0second"], close_workers=True))
`,
    );
    expect(retired).toHaveLength(1);
    expect(await second.ends()).toBe(0);
    expect(third.exitCode).toBeNull();
    first.signal("SIGINT");
    expect(await first.ends()).toBe(130);
    expect(await third.ends()).toBe(0);
  });

  test("a worker whose scheduler dies waits for the restart and rejoins", async () => {
    const { scheduler, worker } = specs();
    await using first = new NodeProcess(scheduler, "i-0first");
    await using second = new NodeProcess(worker, "i-0second");
    await second.shows("Starting established connection");
    first.killAll();
    // The nanny may still be about to tell the scheduler that it is up, which no log shows: then its start is what fails.
    await second.shows(
      /connection to the scheduler broke: waiting for it to come back|Nanny failed to start\.\n.*status 1; another try/,
    );
    await using again = new NodeProcess(scheduler, "i-0again");
    await again.shows("Register worker");
    expect(second.exitCode).toBeNull();
  });

  test.each([true, false])("a worker with a foreign certificate gives up in time (nanny: %s)", async (nanny) => {
    const { scheduler, worker } = specs();
    await using honest = new NodeProcess(scheduler, "i-0honest");
    await honest.shows("Scheduler at");
    const startedAt = performance.now();
    await using wrong = new NodeProcess(
      { ...worker, security: stranger.worker, startTimeoutMs: patient(6000), workerOptions: { nanny } },
      "i-0wrong",
    );
    expect(await wrong.ends(patient(90_000))).toBe(124);
    expect(performance.now() - startedAt).toBeLessThan(patient(60_000));
    expect(wrong.output).toContain(`the worker could not start within ${Math.ceil(patient(6000) / 1000)} s`);
    expect(honest.output).not.toContain("i-0wrong");
  });

  test("an expired lifetime ends a busy node", async () => {
    const { scheduler } = specs();
    await using node = new NodeProcess({ ...scheduler, expiresAt: new Date(Date.now() + patient(6000)) }, "i-0brief");
    await node.shows("Scheduler at");
    expect(await node.ends()).toBe(0);
    expect(node.output).toContain("the lifetime is over");
  });

  test("an option unknown to this Dask is not retried", async () => {
    const { scheduler } = specs();
    await using node = new NodeProcess({ ...scheduler, schedulerOptions: { noSuchOption: 1 } }, "i-0odd");
    expect(await node.ends()).toBe(78);
    expect(node.output).toContain("with: --no-such-option=1");
  });

  test("a plain cluster's scheduler starts the gate only on request", async () => {
    const host = ownAddress();
    const plain: NodeSpec = { ...base, role: "scheduler", host };
    await using shut = new NodeProcess(plain, "i-0shut");
    await shut.shows("Scheduler at");
    shut.signal("SIGTERM");
    await shut.ends();
    expect(shut.output).not.toContain("gate");
    await using open = new NodeProcess({ ...plain, gatePlain: true }, "i-0open");
    await open.shows("dashboard's gate at");
    const answer = await fetch(`http://${host}:8788/health`);
    expect(await answer.text()).toBe("ok");
  });
});
