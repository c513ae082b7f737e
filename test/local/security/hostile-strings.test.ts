import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { LocalCluster, type LocalClusterOptions } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { daskPython } from "../../support/python.ts";
import { hostileDirectory, hostileTexts } from "./hostile-texts.ts";
import { runPython } from "./python-client.ts";
import { sharedCluster } from "./shared-cluster.ts";

describe("A cluster whose every text is hostile", () => {
  let canary = "";
  let texts: readonly string[] = [];
  let variables: Record<string, string> = {};
  let places: Record<"local" | "pid" | "resource", string>;

  const { cluster, base } = sharedCluster((made) => {
    canary = join(made, "canary");
    texts = hostileTexts(canary);
    variables = {
      ...Object.fromEntries(texts.map((text, index) => [`HOSTILE_${index}`, text])),
      HOSTILE_ALL: texts.join("\n"),
      // Used by bash and the start script themselves.
      ...Object.fromEntries(
        ["BASH_ENV", "ENV", "IFS", "PS4", "command", "host", "root"].map((name) => [name, `$(touch ${canary})`]),
      ),
    };
    const directory = join(made, hostileDirectory(canary));
    mkdirSync(directory, { recursive: true });
    symlinkSync(dirname(dirname(daskPython())), join(directory, "venv"));
    process.env["XDG_STATE_HOME"] = directory;
    places = {
      local: join(directory, "spill\n here"),
      pid: join(directory, "pid\n--help"),
      resource: `G'"$(touch\${IFS}${canary})\`{{}}%`,
    };
    return new LocalCluster({
      nWorkers: 1,
      envVars: variables,
      python: join(directory, "venv/bin/python"),
      workerOptions: {
        ...NO_DASHBOARD.workerOptions,
        localDirectory: places.local,
        preload: [preload("worker")],
        resources: { [places.resource]: 2 },
      },
      schedulerOptions: { ...NO_DASHBOARD.schedulerOptions, pidFile: places.pid, preload: [preload("scheduler")] },
    });
  });

  /** A preload may be source code. */
  function preload(server: string): string {
    return `def dask_setup(${server}):\n    ${server}.hostile = ${JSON.stringify(texts)}\n`;
  }

  let seen: {
    readonly environ: Readonly<Record<string, string>>;
    readonly worker: readonly string[];
    readonly scheduler: readonly string[];
    readonly python: string;
  };

  beforeAll(async () => {
    const program = `
import json
from distributed import Client

def environ():
    import os
    return {os.fsdecode(name): value.hex() for name, value in os.environb.items()}

def executable():
    import sys
    return sys.executable

with Client(timeout="20s") as client:
    print(json.dumps({
        "environ": client.submit(environ).result(timeout=20),
        "python": client.submit(executable).result(timeout=20),
        "worker": list(client.run(lambda dask_worker: dask_worker.hostile).values())[0],
        "scheduler": client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.hostile),
    }))
`;
    seen = JSON.parse(await runPython(program, cluster().clientEnv())) as typeof seen;
  });

  test("passes envVars to the tasks' environment byte for byte", () => {
    const arrived = Object.keys(variables).map((name) => [name, seen.environ[name]]);
    const given = Object.entries(variables).map(([name, value]) => [name, Buffer.from(value).toString("hex")]);
    expect(arrived).toEqual(given);
  });

  test("passes options of scheduler and workers unchanged", async () => {
    expect({ worker: seen.worker, scheduler: seen.scheduler }).toEqual({ worker: texts, scheduler: texts });
    const [worker] = await cluster().workers();
    expect(worker?.resources).toEqual({ [places.resource]: 2 });
    expect(worker?.localDirectory).toContain(places.local);
    expect(readFileSync(places.pid, "utf8").trim()).toMatch(/^\d+$/u);
  });

  test("takes `python` as a path and nothing else", () => {
    expect(seen.python).toBe(join(process.env["XDG_STATE_HOME"] ?? "", "venv/bin/python"));
  });

  test("passes run() arguments unchanged", async () => {
    const check = "import json, os, sys; assert sys.argv[1:] == json.loads(os.environ['EXPECTED'])";
    const env = { EXPECTED: JSON.stringify(texts) };
    expect(await cluster().run("python", ["-c", check, ...texts], { env, stdio: "ignore" })).toBe(0);
  });

  test("writes a client configuration that Python can use, whatever its directory is called", async () => {
    const directory = join(base(), hostileDirectory(canary), "client");
    await cluster().writeClientConfig(directory);
    const program = "from distributed import Client\nwith Client(timeout='20s') as client: print(len(client.ncores()))";
    expect(await runPython(program, { DASK_CONFIG: directory })).toBe("1");
  });

  test("executes none of them", () => {
    expect(existsSync(canary)).toBe(false);
  });
});

describe("Refused before anything is created:", () => {
  const { root } = isolatedState();
  const canary = (): string => join(dirname(root()), "canary");

  async function refusal(options: LocalClusterOptions): Promise<unknown> {
    try {
      await using cluster = new LocalCluster(options);
      await cluster.start();
    } catch (error) {
      return error;
    }
    return undefined;
  }

  test.each(["name", "workerModule", "workerClass", "python"] as const)("a hostile `%s`", async (option) => {
    for (const text of hostileTexts(canary())) {
      const error = await refusal({ [option]: text, nWorkers: 1 });
      expect(error).toMatchObject({
        code: expect.stringMatching(
          option === "python" ? /^(?:PYTHON_UNSUITABLE|CONFIG_INVALID)$/u : /^CONFIG_INVALID$/u,
        ),
        message: expect.stringContaining(option),
      });
    }
    expect(existsSync(canary())).toBe(false);
  });

  test.each(["envVars", "workerOptions", "schedulerOptions"] as const)("a hostile name in `%s`", async (option) => {
    for (const text of hostileTexts(canary())) {
      const error = await refusal({ [option]: { [text]: "x" }, nWorkers: 1 });
      expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(option) });
    }
    expect(existsSync(canary())).toBe(false);
  });

  test.each(["envVars", "workerOptions", "schedulerOptions"] as const)(
    "text in `%s` that no environment or command line can carry",
    async (option) => {
      for (const text of ["a\0b", "half of a pair: \ud83d"]) {
        const error = await refusal({ [option]: { preload: text }, nWorkers: 1 });
        expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(`${option}.preload`) });
      }
    },
  );
});
