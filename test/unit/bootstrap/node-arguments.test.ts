import { describe, expect, test } from "vitest";

import { nodeArguments } from "../../../src/bootstrap/node-arguments.ts";
import { fakeSpec } from "./fake-spec.ts";

describe("command line options", () => {
  test("are Dask's, in camelCase", () => {
    const workerOptions = {
      nworkers: 2,
      nthreads: 4,
      memoryLimit: "4 GiB",
      resources: { GPU: 2, MEM: 10e9 },
      nanny: true,
      lifetimeRestart: false,
      preload: ["a.py", "b"],
      lifetime: undefined,
    };
    expect(nodeArguments(fakeSpec("worker", { workerOptions })).args).toEqual([
      "--nworkers=2",
      "--nthreads=4",
      "--memory-limit=4 GiB",
      "--resources=GPU=2 MEM=10000000000",
      "--nanny",
      "--no-lifetime-restart",
      "--preload=a.py",
      "--preload=b",
    ]);
  });

  test("become a scheduler's arguments", () => {
    const spec = fakeSpec("scheduler", {
      idleTimeoutMs: 1800.5,
      schedulerOptions: { dashboardPrefix: "/x", jupyter: true },
    });
    expect(nodeArguments(spec)).toEqual({
      module: ["distributed.cli.dask_scheduler"],
      args: ["--idle-timeout=1801ms", "--dashboard-prefix=/x", "--jupyter"],
    });
  });

  test.each([
    ["host", "0.0.0.0"],
    ["port", 8786],
    ["dashboardAddress", ":8787"],
    ["tlsKey", "/key.pem"],
    ["name", "w-1"],
    ["protocol", "tcp"],
    ["deathTimeout", 60],
    ["workerPort", "9000"],
  ])("refuse %s, which dask-fleet sets", (name, value) => {
    expect(() => nodeArguments(fakeSpec("worker", { workerOptions: { [name]: value } }))).toThrow(
      new RegExp(`^workerOptions\\.${name} cannot be set: `, "u"),
    );
  });

  test.each([
    ["memory-limit", "1GB", /camelCase/u],
    ["memory_limit", "1GB", /camelCase/u],
    ["constructor", Number.NaN, /finite number/u],
    ["memoryLimit", Number.POSITIVE_INFINITY, /finite number/u],
    ["lifetime", "1\0h", /NUL/u],
    ["resources", { "A B": 1 }, /cannot name a resource/u],
    ["resources", { GPU: Number.NaN }, /workerOptions\.resources\.GPU must be a finite number/u],
  ])("refuse %s: %s", (name, value, reason) => {
    expect(() => nodeArguments(fakeSpec("worker", { workerOptions: { [name]: value } }))).toThrow(reason);
  });

  test("refuse null, which plain JavaScript can pass", () => {
    const workerOptions = { lifetime: null } as unknown as { lifetime: string };
    expect(() => nodeArguments(fakeSpec("worker", { workerOptions }))).toThrow(/must be a text/u);
  });
});

describe("worker modules", () => {
  const ports = { workerPort: "9000:9009", nannyPort: "9010:9019" };

  test("receive ports and class if Dask's own", () => {
    expect(nodeArguments(fakeSpec("worker", { ...ports, workerClass: "my.Worker" })).args).toEqual([
      "--worker-port=9000:9009",
      "--nanny-port=9010:9019",
      "--worker-class=my.Worker",
    ]);
    expect(nodeArguments(fakeSpec("worker", { ...ports, workerOptions: { nanny: false } })).args).toEqual([
      "--worker-port=9000:9009",
      "--no-nanny",
    ]);
  });

  test("receive only their own options if custom", () => {
    const spec = fakeSpec("worker", {
      ...ports,
      workerModule: "dask cuda worker",
      workerOptions: { rmmPoolSize: 0.9 },
    });
    expect(nodeArguments(spec)).toEqual({ module: ["dask", "cuda", "worker"], args: ["--rmm-pool-size=0.9"] });
    expect(() => nodeArguments({ ...spec, workerClass: "my.Worker" })).toThrow(/leave out workerModule/u);
  });
});
