import { type KeyObject, createHash, createHmac, createPublicKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";

import { joinFiles } from "../../../src/bootstrap/node-programs.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import { publicKeyHash, spkiOf } from "../../../src/security/certificates/public-key.ts";
import type { JoinTls } from "../../../src/security/node-tls.ts";
import type { Authority } from "../../../src/security/temporary/authority.ts";
import { issuePair, newAuthority } from "../../../src/security/temporary/temporary-material.ts";
import type { ClientTls, TlsMaterial } from "../../../src/security/tls-material.ts";
import { poll } from "../../../src/wait.ts";
import { patient } from "../patience.ts";

/** A worker machine's request, as the scheduler's agent hands it over. */
export interface HeardRequest {
  readonly id: number;
  readonly from: string;
  readonly name: string;
  readonly spki: string;
  readonly mac: string;
  readonly isGenuine: boolean;
}

export type Answer = Readonly<Record<string, unknown>>;

/** One side of the contract, written down a second time: it signs each request with the right MAC. */
export class StandInLauncher {
  readonly authority: Authority;
  readonly client: TlsMaterial;
  readonly tokens: Readonly<Record<"scheduler" | "worker", string>> = { scheduler: token(), worker: token() };
  /** What workers asked, in order. */
  readonly heard: HeardRequest[] = [];
  #schedulerKey256 = "";

  constructor() {
    const { authority, now } = newAuthority();
    this.authority = authority;
    this.client = { ca: authority.certificate, ...issuePair(authority, "client", now) };
  }

  /** How a machine of that role comes by its certificate. */
  joins(role: "scheduler" | "worker"): JoinTls {
    const { id, certificate: ca } = this.authority;
    return { delivery: "join", ca, id, token: this.tokens[role] };
  }

  /** A certificate for somebody of the cluster. */
  material(role: "scheduler" | "worker", key: { readonly publicKey: KeyObject; readonly pem: string }): TlsMaterial {
    return { ca: this.authority.certificate, cert: this.issue(role, key.publicKey), key: key.pem };
  }

  issue(role: "scheduler" | "worker", publicKey: KeyObject): string {
    return this.authority.issue(role, spkiOf(publicKey), new Date());
  }

  /** Dials a scheduler's machine until it is up, and signs what it shows. Resolves with its public key. */
  async sign(spec: NodeSpec, host: string, port = 8788): Promise<Buffer> {
    const socket = await poll(async () => await this.dial(host, port).catch(() => undefined), {
      what: "the machine to listen",
      deadline: new Deadline(patient(30_000)),
      intervalMs: 100,
    });
    try {
      // Asked for a second time, Node has none.
      const shown = socket.getPeerX509Certificate() ?? missing();
      const spki = shown.publicKey.export({ type: "spki", format: "der" });
      this.#schedulerKey256 = publicKeyHash(shown);
      const lines = linesOf(socket);
      const nonce = randomBytes(32);
      lines.send({ v: 1, nonce: nonce.toString("hex") });
      const said = await lines.receive();
      const hash = createHash("sha256").update(spki).digest();
      if (said["mac"] !== mac(this.tokens.scheduler, "boot1", "scheduler", String(said["name"]), hash, nonce)) {
        throw new Error("not the machine that has the token");
      }
      lines.send({ cert: this.issue("scheduler", publicKeyIn(spki)), files: joinFiles(spec) });
      if ((await lines.receive())["ok"] !== true) throw new Error("not kept");
      return spki;
    } finally {
      socket.destroy();
    }
  }

  /** A connection with the client's certificate, or with what is told. */
  async dial(host: string, port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
    const { cert, key } = this.client;
    const socket = connect({ host, port, cert, key, rejectUnauthorized: false, ...more });
    socket.on("error", () => undefined);
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(patient(10_000)) });
    return socket;
  }

  clientTls(): ClientTls {
    const serverName = `scheduler.${this.authority.id}.dask.internal`;
    return { material: this.client, minVersion: "TLSv1.2", serverName, schedulerKey256: this.#schedulerKey256 };
  }

  async connect(address: string): Promise<SchedulerClient> {
    const connected = poll(async () => await this.#tryConnect(address), {
      what: "the scheduler",
      deadline: new Deadline(patient(60_000)),
      intervalMs: 200,
    });
    return await connected;
  }

  async #tryConnect(address: string): Promise<SchedulerClient | undefined> {
    try {
      return await SchedulerClient.connect(address, { tls: () => this.clientTls() });
    } catch {
      return undefined;
    }
  }

  /** Answers workers' requests until it is disposed of, by default with certificates for those of the right MAC. */
  async serve(
    client: SchedulerClient,
    spec: NodeSpec,
    {
      port = 8789,
      judge = () => undefined,
    }: { port?: number; judge?: (request: HeardRequest) => Answer | undefined } = {},
  ): Promise<AsyncDisposable> {
    await installAgent(client, { cluster: "test" });
    const comm = await client.open();
    const stopped = new AbortController();
    const loop = async (): Promise<void> => {
      while (!stopped.signal.aborted) {
        const page = await comm.ask({ op: "fleet_join_wait", port, wait: 5 }, { signal: stopped.signal });
        const requests = page
          .map()
          .get("requests")
          .list()
          .map((each) => {
            const field = (name: string): string => each.map().get(name).text();
            const [from, name, spki, said] = [field("from"), field("name"), field("spki"), field("mac")];
            const der = Buffer.from(spki, "base64");
            const isGenuine = said === mac(this.tokens.worker, "join1", field("role"), name, der);
            return { id: each.map().get("id").number(), from, name, spki, mac: said, isGenuine };
          });
        this.heard.push(...requests);
        const answers = requests.map((request) => ({
          id: request.id,
          ...(judge(request) ?? this.#judge(request)),
        }));
        await client.ask({ op: "fleet_join_answer", answers, files: [joinFiles(spec) ?? ""] });
      }
    };
    const running = loop().catch((error: unknown) => {
      if (!stopped.signal.aborted) throw error;
    });
    return {
      [Symbol.asyncDispose]: async () => {
        stopped.abort();
        await comm.close();
        await running;
      },
    };
  }

  #judge({ isGenuine, spki }: HeardRequest): Answer {
    if (!isGenuine) return { refused: "not of this cluster" };
    return { cert: this.issue("worker", publicKeyIn(Buffer.from(spki, "base64"))), files: 0 };
  }
}

/** HMAC-SHA256 over parts with their lengths in front. */
export function mac(secret: string, ...parts: readonly (string | Buffer)[]): string {
  const pieces = parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return createHmac("sha256", Buffer.from(secret, "hex")).update(Buffer.concat(pieces)).digest("hex");
}

/** Lines of JSON, each in time. */
export function linesOf(socket: TLSSocket): { send: (message: Answer) => void; receive: () => Promise<Answer> } {
  const lines = createInterface({ input: socket });
  lines.on("error", () => undefined);
  const iterator = lines[Symbol.asyncIterator]();
  const signal = AbortSignal.timeout(patient(60_000));
  signal.addEventListener("abort", () => socket.destroy());
  return {
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    receive: async () => {
      const { value, done } = await iterator.next();
      if (done === true) throw new Error("the connection has ended without a line");
      return JSON.parse(value) as Answer;
    },
  };
}

export function publicKeyIn(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, type: "spki", format: "der" });
}

function token(): string {
  return randomBytes(32).toString("hex");
}

function missing(): never {
  throw new Error("no certificate was shown");
}
