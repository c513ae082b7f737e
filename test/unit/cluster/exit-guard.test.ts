import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { afterEach, expect, test } from "vitest";

import { Deadline } from "../../../src/deadline.ts";
import { poll, sleep } from "../../../src/wait.ts";

const PROGRAM = fileURLToPath(new URL("exit-guard-program.ts", import.meta.url));

const started: ChildProcess[] = [];
const again = (signal: string): string => (signal === "SIGINT" ? "Ctrl-C again" : "A second signal");
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

class Program {
  out = "";
  err = "";
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;

  constructor(behaviour: string) {
    this.child = spawn(process.execPath, [PROGRAM, behaviour], { stdio: ["ignore", "pipe", "pipe"] });
    started.push(this.child);
    this.ended = once(this.child, "close");
    this.child.stdout?.on("data", (text) => (this.out += String(text)));
    this.child.stderr?.on("data", (text) => (this.err += String(text)));
  }

  async says(text: string): Promise<void> {
    const said = async (): Promise<true | undefined> => (this.out.includes(text) ? true : undefined);
    await poll(said, {
      what: text,
      deadline: new Deadline(10_000),
      intervalMs: 10,
      lastSeen: () => this.out + this.err,
    });
  }

  /** Exit code and signal. */
  async end(): Promise<unknown[]> {
    return await this.ended;
  }

  count(text: string): number {
    return this.out.split(text).length - 1;
  }
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s closes every cluster once, then ends the program with its usual status",
  async (signal) => {
    const program = new Program("plain");
    await program.says("up");
    program.child.kill(signal);
    expect(await program.end()).toEqual([null, signal]);
    expect([program.count("closing"), program.count("closed")]).toEqual([2, 2]);
    expect(program.err).toBe(
      `dask-fleet: ${signal}: closing one, two. It may take up to 60 s. ${again(signal)} ends now and lists what is left.\n`,
    );
  },
);

test("A second signal aborts the close, and lists what remains", async () => {
  const program = new Program("slow");
  await program.says("up");
  program.child.kill("SIGTERM");
  await program.says("closing two");
  await sleep(600);
  program.child.kill("SIGINT");
  expect(await program.end()).toEqual([130, null]);
  expect(program.err).toContain("one was not closed. Left behind: machine-of-one\n");
  expect(program.err).toContain("two was not closed. Left behind: machine-of-two\n");
});

test("A signal delivered by both npm or a shell and the terminal counts once", async () => {
  const program = new Program("plain");
  await program.says("up");
  program.child.kill("SIGINT");
  program.child.kill("SIGTERM");
  await program.says("closing two");
  program.child.kill("SIGINT");
  // The kernel decides which of two pending signals it delivers first.
  expect([
    [null, "SIGINT"],
    [null, "SIGTERM"],
  ]).toContainEqual(await program.end());
  expect(program.count("closed")).toBe(2);
});

test("A program that ends without closing closes its clusters at exit, with advice", async () => {
  const program = new Program("forgets");
  expect(await program.end()).toEqual([0, null]);
  expect(program.count("closed")).toBe(2);
  expect(program.err).toMatch(/ended without closing one, two: closing now.*"await using" or close\(\)/);
});

test("A failed close is reported, and the other clusters still close", async () => {
  const program = new Program("failing");
  await program.says("up");
  program.child.kill("SIGTERM");
  expect(await program.end()).toEqual([null, "SIGTERM"]);
  expect(program.out).toContain("closed one");
  expect(program.err).toContain("dask-fleet: two is stuck\n");
});

test("A program that closed its clusters exits silently", async () => {
  const program = new Program("closes");
  expect(await program.end()).toEqual([0, null]);
  expect([program.err, program.count("closing")]).toEqual(["", 2]);
});

test("A program that calls process.exit() lists what remains", async () => {
  const program = new Program("exits");
  expect(await program.end()).toEqual([5, null]);
  expect(program.err).toContain("one was not closed. Left behind: machine-of-one\n");
});

test("A program with its own handler continues after the clusters are closed", async () => {
  const program = new Program("handler");
  await program.says("up");
  program.child.kill("SIGINT");
  await program.says("closed two");
  expect(program.count("the program's own handler")).toBe(1);
  program.child.kill("SIGUSR2");
  expect(await program.end()).toEqual([0, null]);
});
