import { fork } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { privateKeysIn, tracesOf } from "./private-keys.ts";
import type { Secrets } from "./talkative-life.ts";

isolatedState();

const PROGRAM = fileURLToPath(new URL("talkative-life.ts", import.meta.url));

test("Private keys and values of envVars appear in no output, error or event", async () => {
  const { NODE_DEBUG: _, NODE_OPTIONS: __, ...env } = process.env;
  const child = fork(PROGRAM, { stdio: ["ignore", "pipe", "pipe", "ipc"], env, execArgv: [] });
  const spoken = Promise.all(
    [child.stdout, child.stderr].map(async (stream) => (stream === null ? "" : await text(stream))),
  );
  const secrets = new Promise<Secrets>((resolve) => {
    child.once("message", (message) => resolve(message as Secrets));
  });
  const [code] = (await once(child, "exit")) as [number | null];
  const words = (await spoken).join("\n");
  expect({ code, words: code === 0 ? "" : words.slice(-3000) }).toEqual({ code: 0, words: "" });
  const { records, values } = await secrets;

  // The program produced everything it should: previews, consoles, logs, and errors of every kind.
  const told = [
    "(hidden, 32 bytes)",
    "dask-fleet: starting the worker",
    "Register worker",
    "[redacted]",
    "no_such_module",
  ];
  const codes = ["PYTHON_UNSUITABLE", "SECURITY_INVALID", "START_FAILED", "TIMEOUT", "CONFIG_INVALID", "ABORT_ERR"];
  expect([...told, ...codes].filter((word) => !words.includes(word))).toEqual([]);

  const keys = [...privateKeysIn(records.join("\n")).values()];
  expect(keys.length).toBeGreaterThan(12);
  expect(keys.flatMap(tracesOf).filter((trace) => words.includes(trace))).toEqual([]);
  expect(values.filter((value) => words.includes(value))).toEqual([]);
  expect(words).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/u);
});
