import { type ChildProcess, spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { CommandFailedError, type RunOptions, runCommand } from "../../../src/access/run-command.ts";
import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import { processRuns } from "../../support/process-runs.ts";
import { until } from "../../support/until.ts";

const PROGRAM = fileURLToPath(new URL("command-program.ts", import.meta.url));
const KILLED_PROGRAM = fileURLToPath(new URL("killed-program.ts", import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dask-fleet-command-"));
});
afterEach(() => rm(directory, { recursive: true }));

const bash = (script: string, options: RunOptions = {}): Promise<number> =>
  runCommand("bash", ["-c", script], { stdio: "ignore", cwd: directory, check: false, ...options });

/** Waits for a file by which a script reports its progress. */
async function written(name: string): Promise<string> {
  const read = (): Promise<string | undefined> =>
    readFile(join(directory, name), "utf8").then(
      (text) => (text === "" ? undefined : text),
      () => undefined,
    );
  return await poll(read, { what: name, deadline: new Deadline(5000), intervalMs: 5 });
}

const listeners = (): number[] => ["SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));

describe("A command", () => {
  test.each([
    ["exit 0", 0],
    ["exit 7", 7],
    ["kill -TERM $$", 143],
    ["kill -KILL $$", 137],
    ["kill -INT $$", 130],
  ])("that does `%s` returns %i", async (script, code) => {
    const before = listeners();
    expect(await bash(script)).toBe(code);
    expect(listeners()).toEqual(before);
  });

  test.each([
    ["exit 7", { exitCode: 7, signal: undefined, message: 'The command "bash" failed with exit code 7.' }],
    ["kill -KILL $$", { exitCode: 137, signal: "SIGKILL", message: 'The command "bash" was ended by SIGKILL.' }],
  ])("that does `%s` throws by default", async (script, error) => {
    await expect(bash(script, { check: undefined })).rejects.toMatchObject({ code: "COMMAND_FAILED", ...error });
    await expect(bash(script, { check: true })).rejects.toBeInstanceOf(CommandFailedError);
    expect(await bash("exit 0", { check: true })).toBe(0);
  });

  test("inherits the caller's environment, with additions and removals", async () => {
    process.env["DASK_FLEET_TEST_KEPT"] = "kept";
    process.env["DASK_FLEET_TEST_GONE"] = "gone";
    const env = { ADDED: "a 'b' $c", DASK_FLEET_TEST_GONE: undefined };
    await bash('printf "%s|%s|%s" "$ADDED" "$DASK_FLEET_TEST_KEPT" "${DASK_FLEET_TEST_GONE-unset}" >seen', { env });
    expect(await written("seen")).toBe("a 'b' $c|kept|unset");
    delete process.env["DASK_FLEET_TEST_KEPT"];
    delete process.env["DASK_FLEET_TEST_GONE"];
  });

  test("that does not exist is reported by name", async () => {
    await expect(runCommand("no-such-command-here", [], {})).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('"no-such-command-here" could not be started'),
    });
  });

  test("returns when it exits, without waiting for its background processes", async () => {
    const began = performance.now();
    expect(await bash("sleep 60 & echo $! >left", { stdio: ["ignore", "pipe", "ignore"] })).toBe(0);
    expect(performance.now() - began).toBeLessThan(30_000);
    process.kill(Number(await written("left")));
  });
});

describe("An abort", () => {
  test("ends the command with SIGTERM and throws the signal's reason", async () => {
    const controller = new AbortController();
    const script = "trap 'echo told >ending; exit 3' TERM; echo up >up; while :; do sleep 0.05; done";
    const running = bash(script, { signal: controller.signal }).catch((error: unknown) => error);
    await written("up");
    controller.abort("enough");
    expect(await running).toBe("enough");
    expect(await written("ending")).toBe("told\n");
  });

  test("ends the command's children too, with SIGKILL if needed", async () => {
    const controller = new AbortController();
    const script = "(trap '' TERM; while :; do sleep 0.1; done) & echo $! >below; sleep 600";
    const running = bash(script, { signal: controller.signal }).catch((error: unknown) => error);
    const pid = Number(await written("below"));
    const began = performance.now();
    controller.abort("enough");
    expect(await running).toBe("enough");
    expect(performance.now() - began).toBeLessThan(4000);
    await until("its end", () => !processRuns(pid), 10_000);
  });

  test("ends a command that is stopped", async () => {
    const controller = new AbortController();
    const script = "trap 'echo told >ending; exit 3' TERM; echo up >up; kill -STOP $$; while :; do sleep 0.05; done";
    const running = bash(script, { signal: controller.signal }).catch((error: unknown) => error);
    await written("up");
    controller.abort("enough");
    expect(await running).toBe("enough");
    expect(await written("ending")).toBe("told\n");
  });

  test("before the start runs nothing", async () => {
    await expect(bash("echo up >up", { signal: AbortSignal.abort("before") })).rejects.toBe("before");
    await expect(readFile(join(directory, "up"))).rejects.toThrow("ENOENT");
  });

  test("kills a command that ignores SIGTERM", async () => {
    const controller = new AbortController();
    const script = "trap '' TERM; echo $$ >up; while :; do sleep 0.05; done";
    const running = bash(script, { signal: controller.signal }).catch((error: unknown) => error);
    const pid = Number(await written("up"));
    controller.abort("enough");
    expect(await running).toBe("enough");
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

test("A signal to this process is forwarded to the command", async () => {
  const script = "trap 'exit 9' HUP; echo up >up; while :; do sleep 0.05; done";
  const running = bash(script);
  await written("up");
  process.emit("SIGHUP", "SIGHUP");
  expect(await running).toBe(9);
});

test.each([
  ["handles SIGTERM", "trap 'echo told >ending; exit' TERM;"],
  ["ignores SIGTERM", "trap '' TERM; echo none >ending;"],
])("A command that %s, and its children, end with the program that runs it, however that ends", async (_, trap) => {
  const script = `${trap} sleep 600 & echo $$ $! >up; while :; do sleep 0.05; done`;
  const program = programThatRuns(script);
  const ended = once(program, "exit");
  const pids = (await written("up")).trim().split(" ").map(Number);
  expect(pids.map((pid) => processRuns(pid))).toEqual([true, true]);
  program.kill("SIGKILL");
  await ended;
  await until("their end", () => !pids.some((pid) => processRuns(pid)), 10_000);
  expect(await written("ending")).toMatch(/told|none/u);
});

test.each([
  ["SIGTERM", "killed", "sleep 600 & echo $! >up; wait; echo waited >ending"],
  ["SIGINT", "cleaned", "trap 'sleep 1; echo cleaned >ending; exit' INT; echo $$ >up; while :; do sleep 0.05; done"],
  ["SIGINT", "told", "trap '' INT; trap 'echo told >ending; exit' TERM; echo $$ >up; while :; do sleep 0.05; done"],
] as const)("%s to a program reaches its command too, with the same grace period (%s)", async (signal, how, script) => {
  const program = programThatRuns(script);
  const ended = once(program, "exit");
  const pid = Number(await written("up"));
  program.kill(signal);
  expect(await ended).toEqual([null, signal]);
  await until("its end", () => !processRuns(pid), 10_000);
  expect(await readFile(join(directory, "ending"), "utf8").catch(() => "killed")).toContain(how);
});

test("A command ends, with its children, when its program is killed before the watch knows its process", async () => {
  const script = "sleep 60 & echo $$ $! >up.new; mv up.new up; wait";
  const options = { cwd: directory, stdio: "ignore" } as const;
  const program = spawn(process.execPath, [KILLED_PROGRAM, join(directory, "up"), "bash", "-c", script], options);
  expect(await once(program, "exit")).toEqual([null, "SIGKILL"]);
  const pids = (await written("up")).trim().split(" ").map(Number);
  await until("their end", () => !pids.some((pid) => processRuns(pid)), 10_000);
});

/** A program with a cluster that runs a bash script; a signal makes it close the cluster. */
function programThatRuns(script: string): ChildProcess {
  const env = { ...process.env, XDG_STATE_HOME: directory };
  return spawn(process.execPath, [PROGRAM, "bash", "-c", script], { cwd: directory, stdio: "ignore", env });
}

test("Many concurrent commands share one subscription and one watch, cause no warnings, and leak nothing", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const [before, { signal }] = [listeners(), new AbortController()];
  const running = Array.from({ length: 15 }, (_, nth) =>
    bash(`echo up >up${nth}; until [ -e go ]; do sleep 0.05; done`, { signal }),
  );
  const outcomes = Promise.all(running.map((each) => each.catch((error: unknown) => error)));
  await Promise.all(running.map((_, nth) => written(`up${nth}`)));
  expect(listeners()).toEqual(before.map((count) => count + 1));
  expect(await watches()).toHaveLength(1);
  await writeFile(join(directory, "go"), "");
  expect(new Set(await outcomes)).toEqual(new Set([0]));
  expect([listeners(), getEventListeners(signal, "abort"), warnings]).toEqual([before, [], []]);
  await until("the watch's end", async () => (await watches()).length === 0);
  process.off("warning", onWarning);
});

/** This process's children that watch its commands. */
async function watches(): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name) && processRuns(Number(name)));
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  const ours = texts.filter((text) => text.slice(text.lastIndexOf(")") + 2).split(" ")[1] === String(process.pid));
  return ours.filter((text) => text.includes("(sh)"));
}
