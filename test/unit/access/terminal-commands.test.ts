import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { processRuns } from "../../support/process-runs.ts";
import { daskPython } from "../../support/python.ts";
import { Terminal } from "../../support/terminal.ts";
import { until } from "../../support/until.ts";
import { ownStateDirectory } from "../cluster/fake-cluster.ts";

const PROGRAM = [process.execPath, fileURLToPath(new URL("command-program.ts", import.meta.url))];
const [CTRL_C, CTRL_Z] = ["\u0003", "\u001A"];
const SIGINT = -2;

ownStateDirectory();

/**
 * Handles each Ctrl-C and reads a line, as an interactive Python does. A thread waits for the signal: one just before
 * `read` begins would otherwise be handled after it.
 */
const INTERACTIVE = `
import os, signal, sys, threading

def hear():
    while True:
        signal.sigwait({signal.SIGINT})
        print("heard", flush=True)

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
threading.Thread(target=hear, daemon=True).start()
print("up", os.getpid(), flush=True)
print("read", input(), flush=True)
sys.exit(4)
`;
const interactive = [daskPython(), "-c", INTERACTIVE];

/** Quoted for a shell. */
function line(command: readonly string[]): string {
  return `${command.map((word) => `'${word}'`).join(" ")}\r`;
}

async function shows(terminal: Terminal, text: string | RegExp): Promise<RegExpExecArray> {
  const sought = typeof text === "string" ? new RegExp(text, "u") : text;
  await until(
    String(text),
    () => sought.test(terminal.shown),
    20_000,
    () => terminal.shown,
  );
  return sought.exec(terminal.shown) as RegExpExecArray;
}

/** The process of an interactive command, once it has started. */
async function pidIn(terminal: Terminal): Promise<number> {
  return Number((await shows(terminal, /\bup (\d+)/u))[1]);
}

describe("In a terminal, Ctrl-C", () => {
  test("reaches a command that handles it, every time, and the cluster stays", async () => {
    await using terminal = new Terminal([...PROGRAM, ...interactive]);
    await pidIn(terminal);
    for (const times of [1, 2]) {
      terminal.type(CTRL_C);
      await shows(terminal, `(heard[^]*){${times}}`);
    }
    terminal.type("go\r");
    expect(await terminal.ended).toBe(4);
    expect(terminal.shown).toMatch(/read go\s+cluster closing\s+cluster closed\s+$/u);
    expect(terminal.shown).not.toContain("SIGINT");
  });

  test("during a command's start ends the command", async () => {
    await using terminal = new Terminal([...PROGRAM, "sleep", "600"], { ...process.env, INTERRUPTED: "1" });
    expect(await terminal.ended).toBe(SIGINT);
    expect(terminal.shown).toMatch(/cluster closed\s+$/u);
  });

  test.each([
    ["is ended by", ["sh", "-c", "echo up; exec sleep 600"], SIGINT],
    [
      "is ended by, behind a shell that returns its exit code,",
      ["bash", "-c", "trap 'exit 130' INT; echo up; while :; do sleep 0.05; done"],
      SIGINT,
    ],
    ["exits with 0 after", ["bash", "-c", "trap 'exit 0' INT; echo up; while :; do sleep 0.05; done"], 0],
    ["exits with its own code after", ["bash", "-c", "trap 'exit 9' INT; echo up; while :; do sleep 0.05; done"], 9],
  ])("that a command %s it closes the cluster, and the program exits as under a shell", async (_, command, code) => {
    await using terminal = new Terminal([...PROGRAM, ...command]);
    await shows(terminal, "up");
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(code);
    expect(terminal.shown).toMatch(/cluster closed\s+$/u);
    expect(terminal.shown.includes("SIGINT: closing")).toBe(code === SIGINT);
  });
});

test("In a terminal, Ctrl-Z stops the command and the program, and both resume in the foreground", async () => {
  await using terminal = new Terminal(["bash", "--norc", "-i"]);
  terminal.type(line([...PROGRAM, ...interactive]));
  await pidIn(terminal);
  terminal.type(CTRL_Z);
  await shows(terminal, /Stopped/u);
  terminal.type("fg\r");
  await shows(terminal, /Stopped[^]*\bfg\b[^]*sys\.exit\(4\)/u);
  terminal.type("go\r");
  await shows(terminal, /read go\s+cluster closing\s+cluster closed/u);
  terminal.type('echo "code=$?"\r');
  await shows(terminal, "code=4");
  terminal.type("exit\r");
  expect(await terminal.ended).toBe(0);
});

test("A command that reads a terminal does not outlive a killed program", async () => {
  await using terminal = new Terminal(["bash", "--norc", "-i"]);
  const script = `import os; print("program", os.getppid(), flush=True)\n${INTERACTIVE}`;
  terminal.type(line([...PROGRAM, daskPython(), "-c", script]));
  const pid = await pidIn(terminal);
  process.kill(Number((await shows(terminal, /program (\d+)/u))[1]), "SIGKILL");
  await until("the command's end", () => !processRuns(pid), 3000);
  terminal.type("exit\r");
  // Bash's status for SIGKILL.
  expect(await terminal.ended).toBe(137);
});
