import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { isolatedState } from "../support/local-state.ts";
import { EmulatedScreen } from "../support/screen.ts";
import { Terminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const [CTRL_C, SIGINT] = ["\u0003", -2];
// oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
const COLOURS = /\u{1B}\[\d+m/gu;
const PATIENCE_MS = 120_000;

// Nothing is left after any test.
isolatedState();

interface InTerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** `dask-fleet …` in a terminal of its own. */
class InTerminal extends Terminal {
  readonly #screen: EmulatedScreen;

  constructor(args: readonly string[], { columns = 60, rows = 24, env = {} }: InTerminalOptions = {}) {
    // Node gives a terminal no colours where CI is set.
    const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
    super([process.execPath, MAIN, ...args], { ...inherited, TERM: "xterm-256color", ...env });
    this.#screen = new EmulatedScreen(columns, rows);
    this.resize(columns, rows);
  }

  async shows(text: string): Promise<void> {
    await until(
      text,
      () => this.shown.replaceAll(COLOURS, "").includes(text),
      PATIENCE_MS,
      () => this.shown,
    );
  }

  /** What a person sees in the end. */
  async lines(): Promise<readonly string[]> {
    this.#screen.write(this.shown);
    return await this.#screen.lines();
  }
}

const START = ["start", "local", "--name", "shown", "--n-workers", "1"];

test.each(["shown  starting", "scheduler up", "workers joined"])(
  "Ctrl-C when a start shows `%s` ends it, says so, and leaves nothing, the cursor included",
  async (shown) => {
    await using terminal = new InTerminal(START);
    await terminal.shows(shown);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(SIGINT);
    const lines = await terminal.lines();
    // Before anything exists, nothing guards it, and the signal ends the process as any other.
    if (shown !== "shown  starting") {
      expect(lines.join("")).toMatch(/SIGINT: closing shown\. It may take .*Ctrl-C again ends now/su);
      expect(lines.slice(-2).join("\n")).toMatch(
        /^✗ shown {2}start ended {2}[\d.]+ s\n✓ shown {2}closed {2}[\d.]+ s$/u,
      );
    }
    expect(terminal.shown).not.toContain("\u{1B}[?25l");
    expect(terminal.shown.lastIndexOf("\u{1B}[?7h")).toBeGreaterThanOrEqual(terminal.shown.lastIndexOf("\u{1B}[?7l"));
  },
);

test("a running cluster shows its address, what comes next, and after a resize and Ctrl-C each row once", async () => {
  await using terminal = new InTerminal(START, { columns: 100, rows: 30 });
  await terminal.shows("● scheduler up");
  terminal.resize(40, 30);
  terminal.resize(100, 30);
  await terminal.shows("What comes next");
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(SIGINT);
  const lines = await terminal.lines();
  const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
  expect(count("✓ scheduler up")).toBe(1);
  expect(count("shown  running  1 worker")).toBe(1);
  expect(count("● ")).toBe(0);
  expect(lines.at(-1)).toMatch(/^✓ shown {2}closed {2}[\d.]+ s$/u);
  // Colours are there.
  expect(terminal.shown).toContain("\u{1B}[32m✓");
});

test("Ctrl-C goes to the command of `run`, and then the cluster closes", async () => {
  const args = ["run", "local", "--name", "shown", "--", "python", "-c", "print('up'); import time; time.sleep(600)"];
  await using terminal = new InTerminal(args, { env: { NO_COLOR: "1", PYTHONUNBUFFERED: "1" } });
  await terminal.shows("up\r\n");
  const { length } = terminal.shown;
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(SIGINT);
  expect(terminal.shown.slice(length)).toContain("KeyboardInterrupt");
  // `run` answers when the cluster has closed: up to then the command has the terminal.
  expect((await terminal.lines()).at(-1)).toBe("dask-fleet: shown: closed");
  expect(terminal.shown.match(COLOURS)).toBeNull();
});

test("a terminal without cursor moves gets lines", async () => {
  await using terminal = new InTerminal(["run", "local", "--name", "shown", "--", "true"], { env: { TERM: "dumb" } });
  expect(await terminal.ended).toBe(0);
  expect(terminal.shown).not.toContain("\u{1B}");
  expect(terminal.shown).toMatch(/dask-fleet: shown: starting\r\n.*dask-fleet: shown: closed\r\n$/su);
});

async function inPipes(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  const env = { ...process.env, TERM: "xterm-256color" };
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, out, err) =>
      error === null ? resolve({ out, err }) : reject(error),
    );
  });
}

test("--log json writes each event as a document with its time and cluster; --quiet is silent", async () => {
  const { err } = await inPipes("run", "local", "--name", "shown", "--log", "json", "--", "true");
  const events = err
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const { time, cluster } of events)
    expect([new Date(String(time)).toISOString(), cluster]).toEqual([time, "shown"]);
  const states = events.flatMap(({ type, state }) => (type === "state" ? [state] : []));
  expect(states).toEqual(["starting", "running", "closing", "closed"]);
  expect(events).toContainEqual(expect.objectContaining({ type: "machine", change: "joined", group: "default" }));
  const quiet = await inPipes("run", "local", "--quiet", "--", "echo", "mine");
  expect(quiet).toEqual({ out: "mine\n", err: "" });
});
