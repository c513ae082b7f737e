import { type Server, createServer } from "node:net";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { fakeSpec } from "./fake-spec.ts";
import { type ScriptRun, runStartScript } from "./start-script.ts";

/** A port that answers, so that a worker's script starts the worker. */
let server: Server;
let schedulerAddress: string;
beforeAll(async () => {
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  schedulerAddress = `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
});

/** An address without a scheduler. */
const host = "127.1.2.3";
/** Skips every sleep. */
const QUICK = { sleep: "exec /bin/sleep 0.02" };
/** An image that exists locally, and the behaviour of `docker run`. */
const docker = (run: string, entrypoint = "null"): string =>
  `case $1 in image) echo ' ${entrypoint}' ;; run) ${run} ;; esac`;

function worker(behaviour: string, more: Partial<NodeSpec> = {}): ScriptRun {
  const spec = fakeSpec("worker", { security: undefined, schedulerAddress, runtime: "native", ...more });
  const stand = spec.runtime === "docker" ? spec : { ...spec, python: "stand-in" };
  return runStartScript(stand, spec.runtime === "docker" ? "docker" : "stand-in", behaviour, QUICK);
}

function tries({ calls }: ScriptRun): number {
  return calls.filter(({ argv }) => argv[0] === "run" || argv[0] === "-m").length;
}

/** The output and files of a node that gives up for good. */
function hopeless(reason: string): object {
  return {
    status: 78,
    reason: `${reason}\n`,
    output: expect.stringContaining(
      `\ndask-fleet: gave up: ${reason}\ndask-fleet: another machine would fail in the same way\n`,
    ),
  };
}

const says = (...lines: readonly string[]): string => lines.map((line) => `echo '${line}' >&2; `).join("");

describe("immediately, and with the reason, a node gives up", () => {
  test.each([
    ["whose module is missing", "/usr/bin/python3: No module named dask_cuda", 1],
    [
      "whose module's package is missing",
      "/usr/bin/python: Error while finding module specification for 'a.b' (ModuleNotFoundError: No module named 'a')",
      1,
    ],
    ["whose options are unknown to Dask", "Error: No such option: --no-such", 2],
    ["whose program is for another processor", "exec /usr/bin/python: exec format error", 255],
  ])("%s", (_, line, status) => {
    const run = worker(`${says("Usage: x", "Try x --help for help.", line.replaceAll("'", `'\\''`))} exit ${status}`);
    expect(run).toMatchObject(hopeless(`Dask cannot run (status ${status}): ${line}`));
    expect(tries(run)).toBe(1);
  });

  test.each(["worker", "scheduler"] as const)("a %s whose image lacks the configured Python", (role) => {
    const line = 'docker: Error response from daemon: exec: "python": executable file not found in $PATH: unknown.';
    const run = runStartScript(
      fakeSpec(role, { host, security: undefined, schedulerAddress }),
      "docker",
      docker(`${says(line, "", "Run docker run --help for more information")} exit 127`),
      QUICK,
    );
    expect(run).toMatchObject(hopeless(`Dask cannot run (status 127): ${line}`));
    expect(tries(run)).toBe(1);
  });

  test("whose image has an entrypoint that ignores its arguments", () => {
    const run = worker(docker("echo distributed", '["/bin/echo","-n"]'), { runtime: "docker" });
    expect(run).toMatchObject(
      hopeless(
        `the image's entrypoint ["/bin/echo","-n"] ended with status 0 without a word of Dask's: it must run its arguments`,
      ),
    );
  });

  test("and reports only the machine's own reason: one printable line of at most 300 characters", () => {
    const run = worker(`printf 'RuntimeError: a\\033[31mb %0400d tail\\r\\n' 7 >&2; exit 2`);
    const [line = ""] = run.output.match(/(?<=gave up: ).*/u) ?? [];
    expect(line).toMatch(/^Dask cannot run \(status 2\): RuntimeError: a\?\[31mb 0+ \.\.\. 0+7 tail$/u);
    expect(line.length).toBeLessThan(300);
  });
});

describe("after three identical failures, a node gives up", () => {
  test("whose preload cannot be imported", () => {
    const run = worker(
      `${says("Traceback (most recent call last):", "  File 1", "ImportError: cannot import name x")} exit 1`,
    );
    expect(run).toMatchObject(
      hopeless("the worker cannot run, three tries ended alike (status 1): ImportError: cannot import name x"),
    );
    expect(tries(run)).toBe(3);
  });

  test("whose cause is wrapped in one of Dask's own errors", () => {
    const run = worker(
      `${says(
        "OSError: [Errno 98] Address already in use",
        "The above exception was the direct cause of the following exception:",
        "RuntimeError: Worker failed to start.",
      )} exit 1`,
    );
    expect(run.reason).toContain("three tries ended alike (status 1): OSError: [Errno 98] Address already in use\n");
  });

  test.each(["worker", "scheduler"] as const)("a %s whose container Docker refuses", (role) => {
    const line = 'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].';
    const run = runStartScript(
      fakeSpec(role, { host, security: undefined, schedulerAddress, gpu: true }),
      "docker",
      docker(`${says(line, `See 'docker run --help'.`)} exit 125`),
      QUICK,
    );
    expect(run).toMatchObject(hopeless(`the ${role} cannot run, three tries ended alike (status 125): ${line}`));
    expect(tries(run)).toBe(3);
  });
});

describe("a node retries until its deadline", () => {
  test.each([
    ["an unreachable peer", "ConnectionRefusedError: [Errno 111] Connection refused"],
    ["a timeout", "asyncio.exceptions.TimeoutError"],
    ["a rejected certificate", "ssl.SSLCertVerificationError: certificate verify failed"],
    ["a silent exit", "2026-11-29 17:54:16,283 - distributed.nanny - INFO - Closing Nanny"],
  ])("after %s", (_, line) => {
    const run = worker(`${says(line)} [[ $number -ge 4 ]]`);
    expect({ status: run.status, tries: tries(run) }).toEqual({ status: 0, tries: 5 });
  });

  test("when every attempt fails differently", () => {
    const run = worker(`echo "ValueError: $(printf '%*s' "$number" | tr ' ' x)" >&2; [[ $number -ge 4 ]]`);
    expect({ status: run.status, tries: tries(run) }).toEqual({ status: 0, tries: 5 });
  });

  test("when an entrypoint installs packages, which can fail transiently", () => {
    const run = worker(docker(`${says("/usr/bin/python: No module named x")} [[ $number -ge 3 ]] || exit 1`), {
      runtime: "docker",
      envVars: { EXTRA_PIP_PACKAGES: "x" },
    });
    expect({ status: run.status, tries: tries(run) }).toEqual({ status: 0, tries: 2 });
  });

  test.each(["worker", "scheduler"] as const)("while Docker's daemon restarts under a %s", (role) => {
    const run = runStartScript(
      fakeSpec(role, { host, security: undefined, schedulerAddress }),
      "docker",
      docker(
        `${says("docker: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?.", `See 'docker run --help'.`)} [[ $number -gt 6 ]] || exit 125`,
      ),
      QUICK,
    );
    expect(run.status).toBe(0);
    expect(tries(run)).toBeGreaterThan(4);
  });

  test("and reports the last reason at the end", () => {
    const run = worker("echo 'OSError: Timed out' >&2; exit 1", { startTimeoutMs: 1000 });
    expect(run).toMatchObject({
      status: 124,
      reason: "the worker could not start within 1 s (last status 1): OSError: Timed out\n",
    });
  });
});

test("a node that exits records its reason, and a successful start records none", () => {
  const spec = fakeSpec("scheduler", { host, runtime: "native", python: "stand-in", security: undefined });
  const failed = runStartScript(spec, "stand-in", "echo 'OSError: [Errno 99] no such address' >&2; exit 1", QUICK);
  expect(failed).toMatchObject({
    status: 1,
    reason: "OSError: [Errno 99] no such address\n",
    output: expect.stringContaining("the scheduler ended with status 1: OSError: [Errno 99] no such address"),
  });
  expect(runStartScript(spec, "stand-in", "exit 0", QUICK)).toMatchObject({ status: 0, reason: undefined });
});

describe("Dask's standard error", () => {
  test("passes through byte for byte, before the script's own message", () => {
    const run = worker(`head -c 300000 /dev/zero | tr '\\0' x >&2; printf 'no newline \\377' >&2`);
    expect(run.status).toBe(0);
    const end = `no newline \uFFFDdask-fleet: the worker ended with status 0\n`;
    expect(run.output.slice(-end.length)).toBe(end);
    expect(run.output.match(/x+/gu)?.at(-1)?.length).toBe(300_000);
  });

  test("is kept by its tail only, readable by its owner only", () => {
    const run = worker(
      `i=0; while ((++i < 3000)); do echo "line $i of many, so that it is long" >&2; done
       echo 'Error: the end' >&2; exit 2`,
    );
    expect(run).toMatchObject(hopeless("Dask cannot run (status 2): Error: the end"));
    expect(run.words).toEqual({ bytes: 16_384, mode: 0o600 });
  });
});
