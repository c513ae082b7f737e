import { beforeEach, describe, expect, test, vi } from "vitest";

import { NodeTable } from "../../../src/fleet/node-table.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import { type JoinedWorker, UnknownWorkers } from "../../../src/fleet/unknown-workers.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "../cluster/fake-cluster.ts";
import { worker } from "../cluster/machines.ts";

ownStateDirectory();

describe("A worker whose name matches no machine", () => {
  let now = 0;
  let told: ProgressEvent[];
  let table: NodeTable;
  let unknown: UnknownWorkers;

  beforeEach(() => {
    now = 0;
    told = [];
    table = new NodeTable({ now: () => now });
    table.add([worker("a", { privateAddress: "10.0.0.7" }), worker("b", { privateAddress: "10.0.0.8" })]);
    const emit = (event: ProgressEvent): void => void told.push(event);
    const troubles = new Troubles(emit);
    unknown = new UnknownWorkers({
      clusterName: "dask-1",
      nodeNameFrom: "hostname",
      graceMs: 30_000,
      troubles,
      emit,
      now: () => now,
    });
  });

  const at = (name: string, host: string): JoinedWorker => ({ name, host, address: `tls://${host}:40001` });
  const look = (...workers: readonly JoinedWorker[]): void => {
    table.observeWorkers(workers.map(({ name }) => ({ name, status: "running" })));
    unknown.observe(workers, table);
  };
  const warnings = (): readonly string[] => told.flatMap((event) => (event.type === "warning" ? [event.message] : []));

  test("costs no look at all machines of its own: there can be thousands of both", () => {
    const machines = Array.from({ length: 2000 }, (_, nth) => worker(`m-${nth}`, { privateAddress: `10.1.0.${nth}` }));
    table.add(machines);
    const strange = machines.map(({ privateAddress = "" }, nth) => at(`stranger-${nth}`, privateAddress));
    const views = vi.spyOn(table, "views");
    look(...strange);
    expect(views.mock.calls.length).toBeLessThan(5);
    expect(warnings()).toEqual([expect.stringContaining("and 1997 more")]);
  });

  test("at a machine's address is reported immediately: who it is, what was expected, and why it may happen", () => {
    look(at("packer-debian", "10.0.0.7"));
    expect(warnings()).toEqual([
      expect.stringMatching(
        /under a name that no machine of dask-1 has \(packer-debian at 10\.0\.0\.7, which is machine a: a was expected\)\. .*preserve_hostname/u,
      ),
    ]);
    expect(told).toContainEqual(expect.objectContaining({ type: "trouble", kind: "names", change: "began" }));
    expect(unknown.describe()).toBe("; joined under an unknown name: packer-debian (10.0.0.7)");
    expect(table.joinedOf("default")).toBe(0);
    look(at("packer-debian", "10.0.0.7"), at("b", "10.0.0.8"));
    expect(warnings()).toHaveLength(1);
    look(at("a", "10.0.0.7"), at("b", "10.0.0.8"));
    expect(told.at(-1)).toMatchObject({ type: "trouble", kind: "names", change: "ended" });
    expect(unknown.describe()).toBe("");
  });

  test("elsewhere is reported once, after lists had time to show a machine of that name", () => {
    look(at("alice", "192.168.1.5"));
    now = 29_000;
    look(at("alice", "192.168.1.5"));
    expect(told).toEqual([]);
    // Its time is over, and nobody has looked since: the fleet may not rest yet.
    now = 31_000;
    expect(unknown.isDeciding).toBe(true);
    look(at("alice", "192.168.1.5"));
    expect(unknown.isDeciding).toBe(false);
    expect(warnings()).toHaveLength(1);
    for (let looks = 0; looks < 3; looks += 1) look(at("alice", "192.168.1.5"));
    expect(told).toEqual([
      { type: "warning", message: expect.stringMatching(/alice at 192\.168\.1\.5 .*started by hand/u) },
    ]);
  });

  test("elsewhere may belong to a machine of unknown address, and is reported as such", () => {
    table.add([worker("c"), worker("d")]);
    look(at("packer-debian", "10.0.0.9"));
    expect(told).toEqual([]);
    now = 30_000;
    look(at("packer-debian", "10.0.0.9"));
    expect(warnings()).toEqual([
      expect.stringMatching(/\(packer-debian at 10\.0\.0\.9: c or another of 2 was expected\)\. .*preserve_hostname/u),
    ]);
    look(at("c", "10.0.0.9"), at("d", "10.0.0.10"));
    expect(told.at(-1)).toMatchObject({ kind: "names", change: "ended" });
  });

  test("on a machine whose own worker has joined was started by hand", () => {
    look(at("a", "10.0.0.7"), at("alice", "10.0.0.7"));
    now = 30_000;
    look(at("a", "10.0.0.7"), at("alice", "10.0.0.7"));
    expect(warnings()).toEqual([expect.stringMatching(/alice .*started by hand/u)]);
  });

  test("is ignored if its machine is gone, or listed a little later", () => {
    table.forget([worker("b", { privateAddress: "10.0.0.8" })]);
    look(at("b", "10.0.0.8"), at("c-1", "10.0.0.9"));
    now = 10_000;
    table.add([worker("c", { privateAddress: "10.0.0.9" })]);
    for (; now < 100_000; now += 10_000) look(at("b", "10.0.0.8"), at("c-1", "10.0.0.9"));
    expect(told).toEqual([]);
  });

  test("is made printable, and a hundred of them fit in a short message", () => {
    look(...Array.from({ length: 100 }, (_, nth) => at(`\u001B[31mx${nth}\u0007`, `10.1.0.${nth}`)));
    expect(unknown.describe()).toBe(
      "; joined under an unknown name: \\u{1b}[31mx0\\u{7} (10.1.0.0), \\u{1b}[31mx1\\u{7} (10.1.0.1), \\u{1b}[31mx2\\u{7} (10.1.0.2) and 97 more",
    );
  });
});

test("A failed start reports workers that share one name from their image", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 2, startTimeoutMs: 1500 });
  const warnings: string[] = [];
  cluster.onProgress((event) => {
    if (event.type === "warning") warnings.push(event.message);
    if (event.type === "phase-started" && event.phase === "workers joined") {
      cloud.dask.join("packer-debian", { address: "tcp://10.0.0.2:40001" });
    }
  });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "TIMEOUT",
    message: expect.stringMatching(
      /0 of 2 workers joined, 2 machines; joined under an unknown name: packer-debian \(10\.0\.0\.2\)/u,
    ),
  });
  expect(warnings).toContainEqual(
    expect.stringMatching(/packer-debian at 10\.0\.0\.2, which is machine m2: m2 was expected/u),
  );
  expect(cloud.empty).toBe(true);
});

test("A worker started by a user beside a running cluster does not affect its size, and is reported once", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = new FakeCluster({ cloud, nWorkers: 1 });
  const warnings: string[] = [];
  cluster.onProgress((event) => event.type === "warning" && warnings.push(event.message));
  await cluster.start();
  cloud.dask.join("alice", { address: "tcp://192.168.1.5:40001" });
  await until("the notice", () => warnings.length > 0);
  await cluster.scale(2);
  await cluster.scale(1);
  expect(warnings).toEqual([expect.stringMatching(/alice at 192\.168\.1\.5 .*started by hand/u)]);
  expect([...cloud.dask.workers.keys()]).toContain("alice");
});
