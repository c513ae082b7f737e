import { Writable } from "node:stream";
import { inspect } from "node:util";

import { leaveInterrupts } from "../../process/exit-guard.ts";
import { tellOnStderr } from "../../process/stderr.ts";
import { serveRpc } from "./serve.ts";

/**
 * Serves the program that has started this process. Standard output is the protocol's alone: whatever else is written to it in this
 * process goes to standard error.
 *
 * @returns the exit code
 */
export async function rpcOnStandardStreams(): Promise<number> {
  const stop = new AbortController();
  const undo = [takeSignals(stop), takeFaults(stop)];
  const output = takeStandardOutput();
  try {
    const { isClean, isRead } = await serveRpc({ input: process.stdin, output, stop: stop.signal, tell: tellOnStderr });
    const code = isClean && process.exitCode === undefined ? 0 : 1;
    // Node would wait for a reader that does not read.
    if (!isRead) process.exit(code);
    return code;
  } finally {
    for (const each of undo) each();
  }
}

/**
 * SIGTERM and SIGHUP close the clusters; so does Ctrl-C in a terminal. An interrupt that reaches a program's launcher is meant for the
 * program's computation: notebooks send it to the whole process group.
 */
function takeSignals(stop: AbortController): () => void {
  const isTyped = process.stdin.isTTY;
  const end = (): void => stop.abort();
  const ignore = (): void => undefined;
  const onInterrupt = isTyped ? end : ignore;
  process.on("SIGTERM", end).on("SIGHUP", end).on("SIGINT", onInterrupt);
  const undo = isTyped ? ignore : leaveInterrupts();
  return () => {
    undo();
    process.off("SIGTERM", end).off("SIGHUP", end).off("SIGINT", onInterrupt);
  };
}

/** A fault in this process must not leave clusters behind. */
function takeFaults(stop: AbortController): () => void {
  const onFault = (error: unknown): void => {
    tellOnStderr(`A fault of dask-fleet, its clusters are closed: ${inspect(error)}`);
    process.exitCode = 1;
    stop.abort();
  };
  process.on("uncaughtException", onFault);
  return () => process.off("uncaughtException", onFault);
}

/** To the end of the process. */
function takeStandardOutput(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => void write(chunk, done),
  });
  const onError = (error: Error): void => void output.destroy(error);
  const onClose = (): void => void output.destroy();
  stdout.on("error", onError).on("close", onClose);
  stdout.write = stderr.write.bind(stderr);
  return output;
}
