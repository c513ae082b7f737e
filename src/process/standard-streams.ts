import { isMainThread } from "node:worker_threads";

import { printableMessage } from "../text/printable.ts";

const NAMES = { stdout: "Standard output", stderr: "Standard error" } as const;
type Name = keyof typeof NAMES;

/** Listeners of this file, which stand in for nobody. */
const ours = new WeakSet<object>();
/** Warnings that Node may be writing just now. */
let warnings = 0;
let endOfWarnings = (): void => undefined;

/**
 * Lets the process outlive its terminal, the readers of its pipes and the room on its disks: without it, a write that fails is an
 * uncaught exception wherever nobody listens. Whoever listens hears as before, and a write's callback does; otherwise a warning
 * tells it, once.
 *
 * @returns a function that ends it
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

/** Has Node show a warning, which it writes to standard error a moment later. That it cannot be written ends no process. */
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
  // In a worker thread they are pipes to the main one.
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

/** Node makes them at the first look, which fails for some descriptors. */
function opened(name: Name): NodeJS.WriteStream | undefined {
  try {
    return process[name];
  } catch {
    return undefined;
  }
}

/** The system's, or the stream's own; anything else somebody has put there. */
function isOfWriting({ syscall, code = "" }: NodeJS.ErrnoException): boolean {
  return syscall !== undefined || code.startsWith("ERR_STREAM_");
}
