import { randomUUID } from "node:crypto";
import { type Socket, createServer } from "node:net";
import { type Server as TlsServer, createServer as createTlsServer } from "node:tls";

import { type TlsMaterial, encodeMessage } from "../dask-fleet.ts";
import { Listening } from "../support/listening.ts";
import { FakeWatch, HeardMap } from "./fake-watch.ts";
import { FakeRelay } from "./join/fake-relay.ts";
import { speakDask } from "./speak-dask.ts";

type Message = Readonly<Record<string, unknown>>;

const VERSIONS = { host: { python: "3.12.4.final.0", OS: "Linux", machine: "x86_64" }, packages: {} };

/** What a scheduler knows of a worker. */
export interface FakeWorker {
  /** Where it listens, such as `tcp://10.0.0.2:40001`. */
  readonly address: string;
  /** In Dask's word. Default: `running`. */
  readonly status?: string | undefined;
  /** Abstract resources. Default: none. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Called when the scheduler has let it go: its process ends. */
  readonly retired?: (() => void) | undefined;
}

export interface FakeDaskOptions {
  /** @default 127.0.0.1 */
  readonly host?: string | undefined;
  /** @default any free port */
  readonly port?: number | undefined;
  /** Mutual TLS, as Dask has it: every peer shows a certificate that this CA has signed. Absent: plain TCP. */
  readonly tls?: TlsMaterial | undefined;
  /** Whether the firewall lets a peer at that address in. @default all of them */
  readonly admits?: ((source: string) => boolean) | undefined;
  /** What `terminate` ends. @default nothing */
  readonly terminated?: (() => void) | undefined;
}

/** A scheduler without tasks: it tracks workers by name and retires them on request. */
export class FakeDask implements AsyncDisposable {
  readonly workers = new HeardMap<string, FakeWorker>();
  /** What it answers to `adaptive_target`; to `fleet_demand`, as many long plain tasks. */
  wish = 0;
  /** More sets of tasks that `fleet_demand` tells. */
  sets: readonly Message[] = [];
  /** Tasks that are restricted to missing workers, as `fleet_demand` tells them. */
  missing: readonly Message[] = [];
  /** Whether dask-fleet's loader is there. */
  knowsAgent = true;
  /** The bundle of the agent that came first; a restart forgets it. */
  bundle: Uint8Array | undefined;
  /** The target duration that each `fleet_demand` brought, in seconds. */
  readonly demands: unknown[] = [];
  /** How often it has answered `adaptive_target`. */
  wishesTold = 0;
  /** Workers that it does not retire: no other worker can take their data. */
  readonly unwillingToLose = new Set<string>();
  /** Workers that it has retired, in order. */
  readonly retired: string[] = [];
  /** What is special about the versions of a worker, by its name: of packages, and `python`. */
  versionsOf: (worker: string) => Readonly<Record<string, string>> = () => ({});
  /** What it answers to `get_logs`: its own lines, oldest first. */
  readonly log: string[] = [];
  /** Whether it answers nothing any more, as one that computes without a pause. */
  isMute = false;
  /** Operations that it answers with an error. */
  refuses: ReadonlySet<string> = new Set();
  /** How often each operation was asked for. */
  readonly asked = new Map<string, number>();
  /** Through which workers' machines ask for their certificates. */
  readonly relay = new FakeRelay();
  readonly #options: FakeDaskOptions;
  readonly #watch = new FakeWatch();
  /** Those who wait for a change. */
  readonly #watchers = new Set<Socket>();
  #id = `Scheduler-${randomUUID()}`;
  #startedAt = Date.now() / 1000;
  #listening: Listening | undefined;

  static async start(options: FakeDaskOptions = {}): Promise<FakeDask> {
    const dask = new FakeDask(options);
    await dask.#listen();
    return dask;
  }

  private constructor(options: FakeDaskOptions) {
    this.#options = options;
    this.workers.heard = (name, before) => {
      const now = this.workers.get(name);
      this.#watch.change(name, ...new Set([before, now].flatMap((worker) => worker?.address ?? [])));
    };
  }

  get port(): number {
    return this.#listening?.port ?? 0;
  }

  join(name: string, worker: FakeWorker = { address: `tcp://10.0.0.2/${name}` }): void {
    this.workers.set(name, worker);
  }

  leave(name: string): void {
    this.workers.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  /** Another scheduler at the same address, without workers. */
  restart(): void {
    this.#id = `Scheduler-${randomUUID()}`;
    this.#startedAt = Date.now() / 1000;
    for (const socket of this.#watchers) socket.destroy();
    this.workers.clear();
    this.bundle = undefined;
    this.#watch.restart();
    this.relay.end();
  }

  /** An event of the agent, for launchers. */
  tell(kind: string, what: Message = {}): void {
    this.#watch.tell(kind, what);
  }

  /** As if a client had shut it down. */
  terminate(): void {
    this.#options.terminated?.();
  }

  /** Ends the scheduler: connections are no longer answered. */
  async end(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    this.relay.end();
    await listening?.[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    const { host = "127.0.0.1", port = 0, tls, admits = () => true } = this.#options;
    const serve = (socket: Socket): void => speakDask(socket, (request) => this.#answer(request, socket));
    const secure = tls === undefined ? undefined : mutualTls(tls, serve);
    const server = createServer({ noDelay: true }, (socket) => {
      if (!admits(socket.remoteAddress ?? "")) socket.destroy();
      else if (secure === undefined) serve(socket);
      else secure.emit("connection", socket);
    });
    this.#listening = await Listening.open(server, port, host);
  }

  #answer(request: Message, socket: Socket): void {
    if (this.isMute) return;
    const op = String(request["op"]);
    this.asked.set(op, (this.asked.get(op) ?? 0) + 1);
    if (op === "fleet_watch" && this.bundle !== undefined) {
      void this.#tellChanges(request, socket);
      return;
    }
    if (op === "fleet_join_wait" && this.bundle !== undefined && !this.refuses.has(op)) {
      void this.#tellRequests(request, socket);
      return;
    }
    const { terminated } = this.#options;
    if (request["op"] === "terminate" && terminated !== undefined) {
      // As most schedulers, it is gone before it answers.
      socket.destroy();
      terminated();
      return;
    }
    // Dask answers with lists and numbers too.
    socket.write(encodeMessage(this.#reply(request) as Message));
  }

  async #tellChanges(request: Message, socket: Socket): Promise<void> {
    this.#watchers.add(socket);
    const infoOf = (names: readonly string[]): Message => this.#info(names.filter((name) => this.workers.has(name)));
    const count = (): number => new Set([...this.workers.values()].map(({ address }) => address)).size;
    const told = { id: this.#id, started: this.#startedAt, infoOf, count };
    const changes = await this.#watch.answer(request, told);
    this.#watchers.delete(socket);
    if (!this.isMute && !socket.destroyed) socket.write(encodeMessage(changes));
  }

  async #tellRequests(request: Message, socket: Socket): Promise<void> {
    const requests = await this.relay.wait(request, () => socket.destroyed);
    if (!this.isMute && !socket.destroyed) socket.write(encodeMessage(requests));
  }

  #reply(request: Message): unknown {
    const { op } = request;
    if (this.refuses.has(String(op))) return { status: "error", message: "not now" };
    switch (op) {
      case "identity":
        return this.#identity(request);
      case "versions":
        return VERSIONS;
      case "broadcast":
        return this.#broadcast(request);
      case "workers_to_close":
        return this.#toClose(request);
      case "retire_workers":
        return this.#retire(request);
      case "fleet_agent":
        return this.knowsAgent ? this.#load(request) : null;
      case "fleet_join_answer":
        return this.knowsAgent ? this.relay.answer(request) : null;
      case "fleet_demand":
        this.demands.push(request["target_duration"]);
        return this.knowsAgent ? this.#demand() : null;
      case "adaptive_target":
        this.wishesTold += 1;
        return this.wish;
      case "get_logs":
        return this.log.map((line, index) => [this.#startedAt + index, "INFO", line]).toReversed();
      default:
        return null;
    }
  }

  /** As Dask since 2025.4: with the totals, and with only so many workers as are asked for (-1: all). */
  #identity({ n_workers: wanted = -1 }: Message): unknown {
    const names = [...this.workers.keys()];
    const shown = Number(wanted) < 0 ? names : names.slice(0, Number(wanted));
    return {
      type: "Scheduler",
      id: this.#id,
      address: this.#address,
      started: this.#startedAt,
      services: {},
      workers: this.#info(shown),
      n_workers: names.length,
      total_threads: names.length,
      total_memory: names.length,
    };
  }

  /** As `templates/agent/demand.py`, of a cluster whose workers run nothing. */
  #demand(): Message {
    const plain = {
      resources: {},
      waiting: this.wish,
      running: 0,
      seceded: 0,
      seconds: 3600 * this.wish,
      names: ["work"],
    };
    return {
      sets: this.wish > 0 ? [plain, ...this.sets] : this.sets,
      more: 0,
      missing: this.missing,
      idle: [...this.workers.keys()],
      crowded: [],
    };
  }

  /** As the loader of `templates/dask_fleet_loader.py`: the first bundle wins. */
  #load({ bundle }: Message): unknown {
    if (bundle instanceof Uint8Array) this.bundle ??= bundle;
    return { failed: {} };
  }

  #broadcast({ msg, workers }: Message): unknown {
    const asked = new Set(workers as string[] | undefined);
    const { op } = msg as Message;
    const there = [...this.workers].filter(([, { address }]) => workers === undefined || asked.has(address));
    return Object.fromEntries(
      there.map(([name, { address }]) => [address, op === "versions" ? this.#versions(name) : []]),
    );
  }

  #versions(worker: string): unknown {
    const { host } = VERSIONS;
    const { python = host.python, ...packages } = this.versionsOf(worker);
    return { host: { ...host, python }, packages };
  }

  #toClose({ n, target }: Message): unknown {
    const count = target === undefined ? Number(n ?? 0) : Math.max(0, this.workers.size - Number(target));
    return [...this.workers.keys()].slice(0, count);
  }

  #retire({ names, workers }: Message): unknown {
    const chosen = new Set((names ?? workers) as string[]);
    const leaving = [...this.workers].filter(
      ([name, { address }]) => chosen.has(names === undefined ? address : name) && !this.unwillingToLose.has(name),
    );
    const info = this.#info(leaving.map(([name]) => name));
    for (const [name, worker] of leaving) {
      this.workers.delete(name);
      this.retired.push(name);
      worker.retired?.();
    }
    return info;
  }

  #info(names: readonly string[]): Record<string, unknown> {
    const now = Date.now() / 1000;
    return Object.fromEntries(
      names.map((name) => {
        const { address = "", status = "running" } = this.workers.get(name) ?? {};
        const host = /^\w+:\/\/(?<host>[^:/]+)/u.exec(address)?.groups?.["host"];
        return [
          address,
          {
            type: "Worker",
            id: name,
            name,
            host,
            nthreads: 1,
            memory_limit: 1,
            status,
            last_seen: now,
            local_directory: "/tmp",
            resources: this.workers.get(name)?.resources ?? {},
            services: {},
          },
        ];
      }),
    );
  }

  get #address(): string {
    const { host = "127.0.0.1", tls } = this.#options;
    return `${tls === undefined ? "tcp" : "tls"}://${host}:${this.port}`;
  }
}

/** What turns sockets into TLS that asks for a certificate. It does not listen by itself. */
export function mutualTls({ ca, cert, key }: TlsMaterial, serve: (socket: Socket) => void): TlsServer {
  const options = { ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2" } as const;
  const server = createTlsServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  // Who shows no good certificate is gone already.
  server.on("tlsClientError", () => undefined);
  return server;
}
