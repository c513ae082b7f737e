/*
 * Workers' machines that ask for their certificates at one instant, each from its own address, as templates/join_worker.py does. A
 * process of its own, so that its handshakes are not the launcher's. Standard input: the {@link Crowd} as JSON; standard output: one
 * {@link Joined} each, in order.
 */
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { text } from "node:stream/consumers";
import { connect, createSecureContext } from "node:tls";

export interface Crowd {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly serverName: string;
  readonly seconds: number;
  readonly machines: readonly { readonly from: string; readonly request: object }[];
}

/** From the first attempt on, in milliseconds. */
export interface Joined {
  readonly answer: Readonly<Record<string, unknown>>;
  readonly attempts: number;
  /** When the last attempt's handshake was over, and the request was sent. */
  readonly askedMs: number;
  readonly answeredMs: number;
}

const AGAIN_MS = 750;

const crowd = JSON.parse(await text(process.stdin)) as Crowd;
const { host, port, serverName: servername } = crowd;
const secureContext = createSecureContext({ ca: crowd.ca });
const signal = AbortSignal.timeout(crowd.seconds * 1000);
const beganAt = performance.now();

async function ask(from: string, request: object): Promise<Omit<Joined, "attempts">> {
  const socket = connect({ socket: connectTcp({ host, port, localAddress: from }), servername, secureContext });
  try {
    await once(socket, "secureConnect", { signal });
    const askedMs = performance.now() - beganAt;
    socket.setEncoding("utf8").write(`${JSON.stringify(request)}\n`);
    let line = "";
    for await (const chunk of socket) line += String(chunk);
    return { answer: JSON.parse(line) as Joined["answer"], askedMs, answeredMs: performance.now() - beganAt };
  } finally {
    socket.destroy();
  }
}

async function join({ from, request }: Crowd["machines"][number]): Promise<Joined> {
  for (let attempts = 1; ; attempts += 1) {
    const asked = await ask(from, request).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    });
    if (asked !== undefined && !("wait" in asked.answer)) return { ...asked, attempts };
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

process.stdout.write(JSON.stringify(await Promise.all(crowd.machines.map(join))));
