import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { snakeCase } from "../../../src/options/option-names.ts";
import type { Behaviour } from "../../conformance/guarded-program.ts";
import { guardedProgram } from "../../conformance/guarded.ts";
import { ec2 } from "../../conformance/providers/ec2.ts";
import { testOptions } from "../../conformance/test-options.ts";
import { ownState, World } from "../../conformance/world.ts";
import { Terminal } from "../../support/terminal.ts";
import { until } from "../../support/until.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const NAME = "in-a-terminal";
const OPTIONS = { name: NAME, nWorkers: 2 };

ownState();

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dask-fleet-terminals-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** `dask-fleet start ec2 …`, as arguments. */
function daskFleetStart(world: World): readonly string[] {
  const { allowedCidrs, pollIntervalMs, listLagMs } = testOptions;
  const { endpoint } = world.cloud.cloud;
  const options = { ...OPTIONS, region: "us-east-1", endpoint, allowedCidrs, pollIntervalMs, listLagMs };
  const flags = Object.entries(options).map(([name, value]) => {
    const flag = snakeCase(name).replaceAll("_", "-");
    return `--${flag}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
  return [process.execPath, MAIN, "start", "ec2", ...flags];
}

/** A program of a user, which starts a cluster with the library. */
function program(world: World, behaviour: Behaviour): readonly string[] {
  const { endpoint } = world.cloud.cloud;
  return guardedProgram({
    provider: "ec2",
    endpoint,
    options: OPTIONS,
    behaviour,
    thread: false,
    upFile: upFile(world),
  });
}

function upFile(world: World): string {
  return join(directory, new URL(world.cloud.cloud.endpoint).port);
}

const started = {
  "dask-fleet start": daskFleetStart,
  "a program that says nothing": (world: World) => program(world, "stays"),
  "a program that ends with its command": (world: World) => program(world, "runs"),
  "a program that writes all the time": (world: World) => program(world, "talks"),
} as const;
const KINDS = Object.entries(started);
/** Those that write. */
const WRITERS = KINDS.filter(([kind]) => /start|writes/.test(kind));

async function untilRunning(world: World, shown: () => string = () => "", isProgram = false): Promise<void> {
  if (isProgram) {
    await until("the program to be told", () => existsSync(upFile(world)), 60_000, shown);
    return;
  }
  const running = (): boolean =>
    world.alive().length === 3 && world.cloud.cloud.paper.scheduler(NAME)?.workers.size === 2;
  await until("the cluster to run", running, 60_000, shown);
}

function isProgram(kind: string): boolean {
  return kind.startsWith("a program");
}

function expectNothingLeft(world: World): void {
  expect([world.leftovers(OPTIONS), world.cloud.cloud.violations]).toEqual([[], []]);
}

test.each(KINDS)("%s closes its cluster when its terminal closes, and exits by SIGHUP", async (kind, command) => {
  await using world = await World.open(ec2);
  await using terminal = new Terminal(command(world));
  await untilRunning(world, () => terminal.shown, isProgram(kind));
  terminal.close();
  expect(await terminal.ended).toBe(-1);
  expectNothingLeft(world);
});

test.each(KINDS)("%s closes its cluster on Ctrl-C even if `| tee` ended first", async (kind, command) => {
  await using world = await World.open(ec2);
  const [log, status] = [join(directory, "log"), join(directory, `status-${performance.now()}`)];
  const script = 'trap : INT; log=$1 status=$2; shift 2; "$@" 2>&1 | tee "$log"; echo "${PIPESTATUS[@]}" > "$status"';
  const words = ["bash", "-c", script, "bash", log, status, ...command(world)];
  await using terminal = new Terminal(words);
  await untilRunning(world, () => terminal.shown, isProgram(kind));
  terminal.type("\u0003");
  await terminal.ended;
  // Both were ended by SIGINT.
  expect(await readFile(status, "utf8")).toBe("130 130\n");
  expectNothingLeft(world);
});

test("dask-fleet start closes its cluster even if the terminal goes during the close", async () => {
  await using world = await World.open(ec2, { stoppingMs: 3_000_000 });
  await using terminal = new Terminal(daskFleetStart(world));
  await untilRunning(world, () => terminal.shown);
  terminal.type("\u0003");
  await until("the machines to be asked to go", () => world.alive().length === 0);
  // Within some 100 ms: an echo of the same end.
  terminal.close();
  expect(await terminal.ended).toBe(-2);
  expectNothingLeft(world);
});

function both(
  [kind, command]: (typeof KINDS)[number],
  [end, redirection]: readonly [string, string],
): readonly [string, string, (typeof KINDS)[number][1], string] {
  return [kind, end, command, redirection];
}

/** Where output and errors go, as bash writes it. */
const DEAD_ENDS: readonly (readonly [string, string])[] = [
  ["closed", "exec >&- 2>&-"],
  ["on a full disk", "exec > /dev/full 2>&1"],
  ["a pipe that nobody reads any more", "exec > >(true) 2>&1; while kill -0 $! 2>/dev/null; do :; done"],
];

/** Whoever writes by itself waits for the reader, as every program does. */
const STALLED = ["a pipe that is full and that nobody reads", 'exec > /dev/null 2> "$FULL"'] as const;

test.each([
  ...DEAD_ENDS.flatMap((end) => WRITERS.map((kind) => both(kind, end))),
  ...KINDS.slice(0, 2).map((kind) => both(kind, STALLED)),
])(
  "%s closes its cluster on SIGTERM where standard output and error are %s",
  async (kind, _end, command, redirection) => {
    await using world = await World.open(ec2);
    const FULL = join(directory, `full-${performance.now()}`);
    await promisify(execFile)("mkfifo", [FULL]);
    const fifo = openSync(FULL, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      fill(fifo);
      const words = ["-c", `${redirection}; exec "$@"`, "bash", ...command(world)];
      const child = spawn("bash", words, { stdio: "ignore", env: { ...process.env, FULL } });
      const ended = once(child, "exit");
      try {
        await untilRunning(world, () => "", isProgram(kind));
        child.kill("SIGTERM");
        expect(await ended).toEqual([null, "SIGTERM"]);
      } finally {
        child.kill("SIGKILL");
      }
      expectNothingLeft(world);
    } finally {
      closeSync(fifo);
    }
  },
);

function fill(pipe: number): void {
  try {
    for (;;) writeSync(pipe, Buffer.alloc(4096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
}
