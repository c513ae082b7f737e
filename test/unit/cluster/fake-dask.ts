import type { Socket } from "node:net";

import { encodeMessage } from "../../../src/dask/message.ts";
import { FakeServer, speakDask } from "../dask/fake-server.ts";

type Request = Readonly<Record<string, unknown>>;

const VERSIONS = { host: { python: "3.12.4.final.0", OS: "Linux", machine: "x86_64" }, packages: {} };

/** A scheduler without tasks: it knows workers by name and lets them go when it is told to. */
export class FakeDask implements AsyncDisposable {
  readonly workers = new Set<string>();
  /** What it answers to `adaptive_target`. */
  wish = 0;
  /** Workers that it will not retire: nobody else can take their data. */
  readonly unwillingToLose = new Set<string>();
  #server: FakeServer | undefined;

  static async start(): Promise<FakeDask> {
    const dask = new FakeDask();
    dask.#server = await FakeServer.start((socket) => speakDask(socket, (request) => dask.#answer(request, socket)));
    return dask;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** The scheduler's end: nobody answers any more. */
  async end(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  #answer(request: Request, socket: Socket): void {
    // Dask answers with lists and numbers too.
    socket.write(encodeMessage(this.#reply(request) as Request));
  }

  #reply({ op, n, names }: Request): unknown {
    switch (op) {
      case "identity":
        return { id: "Scheduler-0", address: "tcp://10.0.0.1", started: 1, services: {}, workers: this.#info() };
      case "versions":
        return VERSIONS;
      case "workers_to_close":
        return [...this.workers].slice(0, Number(n));
      case "retire_workers":
        return this.#retire(new Set(names as string[]));
      case "adaptive_target":
        return this.wish;
      case "get_logs":
        return [];
      default:
        return {};
    }
  }

  #retire(names: ReadonlySet<string>): unknown {
    const leaving = [...this.workers].filter((name) => names.has(name) && !this.unwillingToLose.has(name));
    const info = this.#info(leaving);
    for (const name of leaving) this.workers.delete(name);
    return info;
  }

  #info(names: Iterable<string> = this.workers): Record<string, unknown> {
    return Object.fromEntries(
      [...names].map((name) => [
        `tcp://10.0.0.2/${name}`,
        {
          name,
          host: "10.0.0.2",
          nthreads: 1,
          memory_limit: 1,
          status: "running",
          last_seen: 1,
          local_directory: "/tmp",
          resources: {},
          services: {},
        },
      ]),
    );
  }
}
