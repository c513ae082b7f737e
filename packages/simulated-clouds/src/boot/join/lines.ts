import { once } from "node:events";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";

type Message = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 10_000;

/** Lines of JSON in both directions, each within ten seconds. */
export class Lines {
  readonly #socket: Socket;
  readonly #lines: NodeJS.EventEmitter;

  constructor(socket: Socket) {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on("error", () => socket.destroy());
    this.#lines = lines;
  }

  send(message: Message): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  async receive(): Promise<Message> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const closed = once(this.#socket, "close", { signal }).then(() => {
      throw new Error("the connection was closed");
    });
    const [line] = (await Promise.race([once(this.#lines, "line", { signal }), closed])) as [string];
    return JSON.parse(line) as Message;
  }
}
