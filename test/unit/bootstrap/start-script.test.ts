import { execFileSync } from "node:child_process";
import { createServer } from "node:net";

import { describe, expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { template } from "../../../src/bootstrap/template.ts";
import { HOSTILE } from "./bash.ts";
import { fakeSpec } from "./fake-spec.ts";
import { type Call, runStartScript } from "./start-script.ts";

/** Successful docker pull, image, rm and run. */
const DOCKER = `case $1 in image) exit 1 ;; *) exit 0 ;; esac`;

/** A container's limit of open files: this process's own, up to Dask's need of a million. */
const files = execFileSync("bash", ["-c", "ulimit -H -n"], { encoding: "utf8" }).trim().replace("unlimited", "1048576");

const LOADER = "/etc/dask-fleet/lib/dask_fleet_loader.py";
const GATE = "/etc/dask-fleet/lib/dask_fleet_gate.py";

function runOf(calls: readonly Call[]): Call | undefined {
  return calls.find(({ argv }) => argv[0] === "run");
}

const hostile = Object.fromEntries(HOSTILE.map((value, index) => [`HOSTILE_${index}`, value]));

describe("docker", () => {
  const spec = fakeSpec("scheduler", {
    host: "127.1.2.3",
    gpu: true,
    dockerImage: "registry.example.com/dask:1",
    dockerArgs: ["--shm-size", "1 g", "--label", "it's=$HOME", "*"],
    schedulerOptions: { preload: "a b.py" },
    envVars: { ...hostile, TOKEN: "hunter2", PATH: "/nowhere", LD_LIBRARY_PATH: "/nowhere" },
  });

  test("receives the whole command, without secrets", () => {
    const { status, output, calls, root } = runStartScript(spec, "docker", DOCKER);
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining("starting the scheduler") });
    expect(calls.map(({ argv }) => argv.slice(0, 2).join(" "))).toEqual([
      "rm --force",
      "image inspect",
      "pull --quiet",
      "image inspect",
      "--version",
      "info --format",
      "run --rm",
      "rm --force",
    ]);
    const argv = runOf(calls)?.argv ?? [];
    const names = argv.filter((_, index) => argv[index - 1] === "--env");
    const rest = argv.filter((argument, index) => argument !== "--env" && argv[index - 1] !== "--env");
    expect(rest.join("|")).toBe(
      [
        `run|--rm|--name|dask-node|--network|host|--ulimit|nofile=${files}:${files}`,
        `--volume|${root}/etc/dask-fleet/tls:/etc/dask-fleet/tls`,
        `--volume|${root}${LOADER}:${LOADER}:ro`,
        `--volume|${root}${GATE}:${GATE}:ro`,
        "--gpus|all|--log-driver|none|--shm-size|1 g|--label|it's=$HOME|*|registry.example.com/dask:1",
        "python|-m|distributed.cli.dask_scheduler|--protocol|tls|--host|127.1.2.3|--port|8786",
        `--dashboard-address|127.1.2.3:8787|--preload|${LOADER}|--preload|${GATE}|--preload=a b.py`,
      ].join("|"),
    );
    expect(names.filter((name) => !/^[A-Z_0-9]+$/u.test(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(hostile), "TOKEN", "PATH", "DASK_FLEET_GATE_PORT"]));
    expect(output).not.toContain("hunter2");
    expect(JSON.stringify(calls.map((call) => call.argv))).not.toMatch(/hunter2|PRIVATE/u);
  });

  test("has every variable in its own environment, during the run only", () => {
    const { calls } = runStartScript(spec, "docker", DOCKER);
    expect(runOf(calls)?.env).toMatchObject({
      ...spec.envVars,
      DASK_DISTRIBUTED__COMM__TLS__CA_FILE: "/etc/dask-fleet/tls/ca.pem",
      DASK_DISTRIBUTED__COMM__TLS__SCHEDULER__KEY: "/etc/dask-fleet/tls/key.pem",
      DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT: "/etc/dask-fleet/tls/cert.pem",
      DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION: "True",
      DASK_FLEET_GATE_HOST: "127.1.2.3",
      DASK_FLEET_GATE_PORT: "8788",
    });
    for (const other of calls.filter((call) => call !== runOf(calls))) {
      expect(Object.keys(other.env)).not.toContain("TOKEN");
    }
  });

  test("receives the names of variables that only tasks use, and of no others", () => {
    const { calls } = runStartScript(
      fakeSpec("scheduler", { host: "127.1.2.3", security: undefined, envVars: { A: "1" } }),
      "docker",
      DOCKER,
    );
    const argv = runOf(calls)?.argv ?? [];
    const named = argv.filter((_, index) => argv[index - 1] === "--env");
    const ofTls = /^DASK_DISTRIBUTED__(?:COMM|SCHEDULER__DASHBOARD)__TLS__|_ENCRYPTION$|_LOADER$/u;
    expect(named.filter((name) => !ofTls.test(name))).toEqual(["DASK_DISTRIBUTED__COMM__COMPRESSION", "A"]);
  });

  test("and the script are unaffected by a variable named like one of the script's", () => {
    const parts = ["clock", "tries", "scheduler", "worker", "docker", "gpu"].map((part) => `node-${part}`);
    const scripts = ["start-node", ...parts].map((name) => template(`${name}.sh`));
    const names = new Set(scripts.join("\n").match(/\b[a-z_]{2,}\b/gu));
    const envVars = Object.fromEntries(
      [...names].filter((name) => !name.startsWith("dask_fleet")).map((name) => [name, `my ${name}`]),
    );
    const { status, calls } = runStartScript({ ...spec, envVars }, "docker", DOCKER);
    expect(status).toBe(0);
    expect(runOf(calls)?.env).toMatchObject(envVars);
  });

  test("does not pull an image that exists locally", () => {
    const { calls, status } = runStartScript(spec, "docker", 'echo " null"');
    expect(status).toBe(0);
    expect(calls.map(({ argv }) => argv[0])).toEqual(["rm", "image", "--version", "info", "run", "rm"]);
  });
});

describe("the script exits", () => {
  const native: Partial<NodeSpec> = { runtime: "native", python: "stand-in", host: "127.1.2.3" };

  test.each([
    [0, 0],
    [1, 1],
    [2, 78],
    [127, 78],
  ])("with the scheduler's status: %i becomes %i", (status, expected) => {
    const run = runStartScript(fakeSpec("scheduler", native), "stand-in", `exit ${status}`);
    expect({ status: run.status, calls: run.calls.length }).toEqual({ status: expected, calls: 1 });
  });

  test("before the first attempt if the lifetime has expired", () => {
    const run = runStartScript(fakeSpec("scheduler", { ...native, expiresAt: new Date(0) }), "stand-in", "exit 0");
    expect(run).toMatchObject({ status: 0, calls: [], output: expect.stringContaining("the lifetime is over") });
  });

  test("at the end of the lifetime, even if Dask hangs", () => {
    const expiresAt = new Date(Date.now() + 2000);
    const run = runStartScript(fakeSpec("scheduler", { ...native, expiresAt }), "stand-in", "exec sleep 600");
    expect(run).toMatchObject({ status: 0, output: expect.stringContaining("the lifetime is over") });
  });

  test("with 78 if Python or Docker is missing", () => {
    const missing = fakeSpec("scheduler", { runtime: "native", python: "no-such-python" });
    expect(runStartScript(missing, "stand-in", "")).toMatchObject({
      status: 78,
      output: expect.stringContaining("there is no no-such-python on this machine"),
    });
  });

  test("with 124 if no scheduler answers in time", () => {
    const spec = fakeSpec("worker", { ...native, schedulerAddress: "tls://127.0.0.1:1", startTimeoutMs: 1000 });
    expect(runStartScript(spec, "stand-in", "")).toMatchObject({
      status: 124,
      calls: [],
      output: expect.stringContaining("nothing answered at tls://127.0.0.1:1 within 1 s"),
    });
  });
});

describe("a worker", () => {
  /** A port that answers, so that the script starts the worker. */
  async function withPort<T>(use: (address: string) => T): Promise<T> {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    try {
      const { port } = server.address() as { port: number };
      return use(`tcp://127.0.0.1:${port}`);
    } finally {
      server.close();
    }
  }
  const native: Partial<NodeSpec> = { runtime: "native", python: "stand-in", security: undefined };

  test("is named after its machine and finds its own address", async () => {
    const calls = await withPort((schedulerAddress) =>
      (["instance-id", "hostname"] as const).map((nameFrom) => {
        const spec = fakeSpec("worker", { ...native, schedulerAddress, nameFrom, startTimeoutMs: 60_000 });
        return runStartScript(spec, "stand-in", "exit 0")
          .calls[0]?.argv.join(" ")
          .replace(schedulerAddress, "SCHEDULER");
      }),
    );
    const expected = (name: string): unknown =>
      expect.stringMatching(
        new RegExp(
          `^-m distributed\\.cli\\.dask_worker SCHEDULER --host 127\\.0\\.0\\.1 --name ${name} --dashboard-address 127\\.0\\.0\\.1:0 --preload \\S+/dask_fleet_loader\\.py --death-timeout (?:60|[1-5]\\d)$`,
          "u",
        ),
      );
    expect(calls).toEqual([expected("i-0123"), expected("node-7")]);
  });

  test("is restarted until it exits cleanly", async () => {
    const run = await withPort((schedulerAddress) =>
      runStartScript(fakeSpec("worker", { ...native, schedulerAddress }), "stand-in", `[[ $number == 2 ]]`),
    );
    expect({ status: run.status, calls: run.calls.length }).toEqual({ status: 0, calls: 3 });
  });

  test("is not restarted if it cannot run or its time is over", async () => {
    const [hopeless, late] = await withPort((schedulerAddress) => [
      runStartScript(fakeSpec("worker", { ...native, schedulerAddress }), "stand-in", "exit 2"),
      runStartScript(
        fakeSpec("worker", { ...native, schedulerAddress, startTimeoutMs: 1000 }),
        "stand-in",
        "sleep 1.2; exit 1",
      ),
    ]);
    expect({ status: hopeless?.status, calls: hopeless?.calls.length }).toEqual({ status: 78, calls: 1 });
    expect(late).toMatchObject({
      status: 124,
      output: expect.stringContaining("could not start within 1 s (last status 1)"),
    });
  });

  test("with a custom module receives none of Dask's own options, and the agent where the module can load it", async () => {
    const [custom, cuda] = await withPort((schedulerAddress) =>
      ["my worker", "dask cuda worker"].map((workerModule) =>
        runStartScript(fakeSpec("worker", { ...native, schedulerAddress, workerModule }), "stand-in", "exit 0"),
      ),
    );
    expect(custom?.calls[0]?.argv.join(" ")).toMatch(
      /^-m my worker \S+ --host \S+ --name i-0123 --dashboard-address \S+:0$/u,
    );
    expect(cuda?.calls[0]?.argv.join(" ")).toMatch(
      /^-m dask cuda worker \S+ .*--dashboard-address \S+:0 --preload \S+\/dask_fleet_loader\.py$/u,
    );
  });
});
