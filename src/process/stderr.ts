import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

import { printableMessage } from "../text/printable.ts";

const STDERR = 2;
const RETRY_MS = 5;
/** Words that nobody can read are not worth a hold-up. */
const PATIENCE_MS = 250;

/** Tells a person something, on standard error: `dask-fleet: …`. Lines that do not begin so belong to the one above. */
export function tellOnStderr(text: string): void {
  writeToStderr(`${printableMessage(`dask-fleet: ${text}`)}\n`);
}

/**
 * Writes text to standard error before it returns, and never fails: the terminal may be closed, the reader of a pipe may have ended,
 * the disk may be full. A reader that does not read holds it up for 250 ms at most; what is left then is lost.
 */
function writeToStderr(text: string): void {
  const { fd, close } = withoutWaiting();
  try {
    writeAll(fd, Buffer.from(text));
  } catch {
    // There is nobody to tell.
  } finally {
    close();
  }
}

/** Whether the reader has not read for so long: then it is not waited for again. */
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
 * Node lets writes to pipes wait for the reader, and those to terminals wait after Ctrl-S. Opened anew, and only there, the same
 * pipe or terminal does not; a file would be written to from its beginning.
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
