import { once } from "node:events";
import { createServer } from "node:net";

import { describe, expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { patient } from "../../support/patience.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";
import { makePki } from "./pki.ts";
import { pythons } from "./pythons.ts";

const pki = makePki();
const SAME_WAY = "dask-fleet: another machine would fail in the same way";

describe.each(pythons())("with distributed $version", ({ python }) => {
  const base = { clusterName: "test", nameFrom: "instance-id", runtime: "native", python } as const;

  test("a permanent worker failure ends the node in seconds, with Dask's own reason", async () => {
    const host = ownAddress();
    const spec: NodeSpec = {
      ...base,
      role: "worker",
      security: pki.worker,
      host: ownAddress(),
      schedulerAddress: `tls://${host}:8786`,
    };
    await using scheduler = new NodeProcess(
      { ...base, role: "scheduler", security: pki.scheduler, host },
      "i-0scheduler",
    );
    await scheduler.shows("Scheduler at");
    for (const [more, reason, tries] of [
      [
        { workerModule: "no_such_dask worker" },
        /Dask cannot run \(status 1\): \S+: No module named no_such_dask\n/u,
        1,
      ],
      [{ workerModule: "dask cuda worker" }, /Dask cannot run \(status 2\): Error: No such command 'cuda'\./u, 1],
      [
        { workerOptions: { nthreads: "abc" as never } },
        /\(status 2\): Error: Invalid value for '--nthreads': 'abc' is/u,
        1,
      ],
      [
        { workerOptions: { preload: "no_such_preload" } },
        /three tries ended alike \(status 1\): ModuleNotFoundError: No module named 'no_such_preload'\n/u,
        3,
      ],
      [
        { workerClass: "no.such.Worker" },
        /three tries ended alike \(status 1\): ModuleNotFoundError: No module named 'no'\n/u,
        3,
      ],
    ] as const) {
      await using worker = new NodeProcess({ ...spec, ...more }, "i-0hopeless");
      const startedAt = performance.now();
      expect(await worker.ends()).toBe(78);
      expect(performance.now() - startedAt).toBeLessThan(patient(20_000));
      expect(worker.output).toMatch(new RegExp(`dask-fleet: gave up: .*${reason.source}`, "u"));
      expect(worker.output.trimEnd().endsWith(SAME_WAY)).toBe(true);
      expect(worker.output.split("dask-fleet: starting the worker").length - 1).toBe(tries);
    }
  });

  test("a scheduler whose port is in use names the process that holds it", async () => {
    const host = ownAddress();
    const other = createServer().listen(8788, host);
    await once(other, "listening");
    try {
      await using node = new NodeProcess({ ...base, role: "scheduler", security: pki.scheduler, host }, "i-0taken");
      expect(await node.ends()).toBe(78);
      expect(node.output).toMatch(
        new RegExp(`gave up: the scheduler cannot listen: port 8788 is taken by .* \\(process ${process.pid}\\)`, "u"),
      );
      expect(node.output).not.toContain("starting the scheduler");
    } finally {
      other.close();
    }
  });
});
