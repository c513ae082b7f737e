import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

import { printableMessage } from "../text/printable.ts";

const STDERR = 2;
const RETRY_MS = 5;
/** The longest wait for a reader that does not read. */
const PATIENCE_MS = 250;

/** Writes a message for a person to standard error: `dask-fleet: …`. Lines without the prefix belong to the one above. */
export function tellOnStderr(text: string): void {
  teller(printableMessage(`dask-fleet: ${text}`));
}

const tellPlainly = (message: string): void => void writeToStderr(`${message}\n`);
let teller = tellPlainly;

/**
 * Lets {@link tellOnStderr} hand its printable messages to somebody who draws on the same terminal, one at a time.
 *
 * @returns a function that ends this
 */
export function tellThrough(drawer: (message: string) => void): () => void {
  teller = drawer;
  return () => {
    if (teller === drawer) teller = tellPlainly;
  };
}

/** Writes a line for a program to standard error, such as an event as JSON. */
export function lineOnStderr(line: string): void {
  writeToStderr(`${line}\n`);
}

/**
 * Writes text to standard error synchronously, and never fails: the terminal may be closed, the reader of a pipe gone, the disk full.
 * It waits for a slow reader for 250 ms at most; the rest is lost.
 *
 * @returns whether all of it was written
 */
export function writeToStderr(text: string): boolean {
  const { fd, close } = withoutWaiting();
  try {
    writeAll(fd, Buffer.from(text));
    return true;
  } catch {
    // Nobody is left to tell.
    return false;
  } finally {
    close();
  }
}

/** Whether the reader did not read in time: then no later write waits for it. */
let isStalled = false;

function writeAll(fd: number, bytes: Uint8Array): void {
  const until = performance.now() + (isStalled ? 0 : PATIENCE_MS);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(fd, bytes, written);
      isStalled = false;
    } catch (error) {
      isStalled = (error as NodeJS.ErrnoException).code === "EAGAIN" && performance.now() >= until;
      if (isStalled || (error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/**
 * Node's writes to pipes block on the reader, and those to terminals block after Ctrl-S. The same pipe or terminal, opened again, does
 * not block; a file, opened again, would be overwritten from its beginning.
 */
function withoutWaiting(): { readonly fd: number; readonly close: () => void } {
  const asItIs = { fd: STDERR, close: () => undefined };
  try {
    const stat = fstatSync(STDERR);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return asItIs;
    const fd = openSync("/proc/self/fd/2", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return { fd, close: () => closeSync(fd) };
  } catch {
    return asItIs;
  }
}
