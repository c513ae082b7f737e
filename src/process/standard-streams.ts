import { isMainThread } from "node:worker_threads";

import { printableMessage } from "../text/printable.ts";

const NAMES = { stdout: "Standard output", stderr: "Standard error" } as const;
type Name = keyof typeof NAMES;

/** This file's own listeners, which do not count as somebody's. */
const ours = new WeakSet<object>();
/** Warnings that Node may still be writing. */
let warnings = 0;
let endOfWarnings = (): void => undefined;

/**
 * Lets the process outlive its terminal, the readers of its pipes and the space on its disks: otherwise a failed write without a
 * listener is an uncaught exception. Listeners and write callbacks are called as before; without any, one warning tells.
 *
 * @returns a function that ends this
 */
export function outliveFailedWrites(): () => void {
  return both((name, stream) => {
    let isTold = false;
    return (error: NodeJS.ErrnoException): void => {
      if (!stream.listeners("error").every((listener) => ours.has(listener))) return;
      if (!isOfWriting(error)) throw error;
      const isOfWarning = name === "stderr" && warnings > 0;
      if (!isTold && !isOfWarning) {
        emitWarning(`${NAMES[name]} fails (${error.code ?? error.message}): what is written to it is lost.`);
      }
      isTold ||= !isOfWarning;
    };
  });
}

/** Lets Node print a warning on standard error a moment later. A failed write does not end the process. */
export function emitWarning(message: string): void {
  if (warnings === 0) endOfWarnings = both(() => () => undefined);
  warnings += 1;
  process.emitWarning(printableMessage(message), "DaskFleetWarning");
  setImmediate(() => {
    warnings -= 1;
    if (warnings === 0) endOfWarnings();
  });
}

function both(listener: (name: Name, stream: NodeJS.WriteStream) => (error: Error) => void): () => void {
  // In a worker thread they are pipes to the main thread.
  if (!isMainThread) return () => undefined;
  const ends = (["stdout", "stderr"] as const).map((name) => {
    const stream = opened(name);
    if (stream === undefined) return () => undefined;
    const onError = listener(name, stream);
    ours.add(onError);
    stream.on("error", onError);
    return () => stream.off("error", onError);
  });
  return () => {
    for (const end of ends) end();
  };
}

/** Node opens a stream at the first access, which fails for some descriptors. */
function opened(name: Name): NodeJS.WriteStream | undefined {
  try {
    return process[name];
  } catch {
    return undefined;
  }
}

/** Whether the system or the stream itself failed; anything else was emitted by somebody's code. */
function isOfWriting({ syscall, code = "" }: NodeJS.ErrnoException): boolean {
  return syscall !== undefined || code.startsWith("ERR_STREAM_");
}
