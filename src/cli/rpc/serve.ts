import type { Readable, Writable } from "node:stream";

import { Clusters } from "./clusters.ts";
import { hello } from "./hello.ts";
import { type Line, LineReader } from "./lines.ts";
import { Outbox } from "./outbox.ts";
import { ALL_PROVIDERS, type RpcProvider } from "./providers.ts";
import { Session } from "./session.ts";

export interface Served {
  readonly input: Readable;
  readonly output: Writable;
  /** @default all that there are */
  readonly providers?: readonly RpcProvider[] | undefined;
  /** Ends it as the end of the input does. */
  readonly stop?: AbortSignal | undefined;
  /** Says to people what could not be removed. */
  readonly tell: (text: string) => void;
}

export interface ServeEnd {
  /** Whether all is closed that should be. */
  readonly isClean: boolean;
  /** Whether the client has read everything. */
  readonly isRead: boolean;
}

/** How long a client that does not read keeps the process. */
const LAST_WORDS_MS = 2000;

/** Serves one client (docs/rpc.md), and closes its clusters when it is gone. Never rejects. */
export async function serveRpc({ input, output, providers = ALL_PROVIDERS, stop, tell }: Served): Promise<ServeEnd> {
  const over = new AbortController();
  const outbox = new Outbox(output, () => over.abort());
  const clusters = new Clusters(outbox);
  let isClean = true;
  const endClusters = async (): Promise<readonly string[]> => {
    const ends = await clusters.end(tell);
    isClean &&= ends.isClean;
    return ends.closed;
  };
  const shutdown = async (): Promise<readonly string[]> => {
    const closed = await endClusters();
    // After the answer.
    setImmediate(() => over.abort());
    return closed;
  };
  const session = new Session({ outbox, clusters, providers, shutdown });
  outbox.answer(hello(providers));
  const ends = stop === undefined ? over.signal : AbortSignal.any([over.signal, stop]);
  await read(input, (line) => session.receive(line), ends);
  await Promise.all([endClusters(), session.end()]);
  return { isClean, isRead: await outbox.finish(LAST_WORDS_MS) };
}

/** Reads until the end of the input, or `stop`. An input that fails has ended. */
async function read(input: Readable, take: (line: Line) => void, stop: AbortSignal): Promise<void> {
  const lines = new LineReader();
  const leave = (): void => void input.destroy();
  stop.addEventListener("abort", leave, { once: true });
  if (stop.aborted) leave();
  try {
    for await (const bytes of input as AsyncIterable<Uint8Array>) {
      for (const line of lines.take(bytes)) take(line);
    }
  } catch {
    return;
  } finally {
    stop.removeEventListener("abort", leave);
  }
}
