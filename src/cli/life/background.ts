import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { DaskFleetError, type ErrorCode } from "../../errors.ts";
import { sleep } from "../../wait.ts";
import { typeOf } from "../clusters.ts";
import type { Call } from "../command.ts";
import { lineOf } from "../event-lines.ts";
import { INTERRUPTED } from "../interrupt.ts";
import { LAUNCHER_LOG, type LauncherWord, type RunningWord } from "./launcher.ts";
import { endSignals } from "./signals.ts";

const LAST_WORDS_BYTES = 2000;
/** A launcher that was told to give up has this long to roll back, and is then left to itself. */
const ROLL_BACK_MS = 600_000;

/**
 * Starts this very command line again as a launcher of its own session, and waits until its cluster runs. The launcher's messages go to a
 * private file in the cluster's directory.
 *
 * @returns the exit code of an interrupted start
 * @throws DaskFleetError the launcher's failure; nothing is left then
 */
export async function launchInBackground(call: Call): Promise<RunningWord | number> {
  const type = await typeOf(call);
  // Impossible options fail here.
  const root = dirname(new type(call.clusterOptions()).stateDirectory);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const log = join(root, `.launcher-${randomBytes(8).toString("hex")}`);
  const { O_CREAT, O_EXCL, O_WRONLY, O_APPEND } = constants;
  const fd = openSync(log, O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0o600);
  const end = endSignals();
  try {
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      stdio: ["ignore", fd, fd, "ipc"],
      serialization: "advanced",
      env: { ...process.env, [LAUNCHER_LOG]: log },
    });
    return await outcome(child, { call, log, signal: end.signal });
  } finally {
    closeSync(fd);
    end.done();
  }
}

async function outcome(
  child: ChildProcess,
  { call, log, signal }: { readonly call: Call; readonly log: string; readonly signal: AbortSignal },
): Promise<RunningWord | number> {
  const { promise: said, resolve: say } = Promise.withResolvers<Exclude<LauncherWord, { type: "event" }> | undefined>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let how = "";
  child.on("message", (word: LauncherWord) => {
    if (word.type !== "event") say(word);
    else {
      const line = lineOf(word.event);
      if (line !== undefined) call.out.note(`${word.name}: ${line}`);
    }
  });
  child.on("error", ({ message }) => {
    how = message;
    say(undefined);
    end();
  });
  child.on("exit", (code, by) => {
    how = by === null ? `exit code ${code}` : `signal ${by}`;
    say(undefined);
    end();
  });
  const interrupt = (): void => {
    call.out.note("The start is rolled back.");
    if (child.connected) child.disconnect();
  };
  signal.addEventListener("abort", interrupt, { once: true });
  const word = await said;
  signal.removeEventListener("abort", interrupt);
  if (signal.aborted) {
    const patience = new AbortController();
    await Promise.race([ended, sleep(ROLL_BACK_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    await rm(log, { force: true });
    return INTERRUPTED;
  }
  if (word?.type === "running") {
    child.disconnect();
    child.unref();
    return word;
  }
  await ended;
  const lastWords = (await readFile(log, "utf8").catch(() => "")).slice(-LAST_WORDS_BYTES).split("\n");
  await rm(log, { force: true });
  if (word !== undefined) throw new DaskFleetError(word.code as ErrorCode, word.message.split("\n"));
  const message = `The launcher ended (${how}) before the cluster ran.`;
  throw new DaskFleetError("START_FAILED", [message, ...lastWords.filter((line) => line.trim() !== "")]);
}
