import { createServer, type Socket } from "node:net";
import { type TLSSocket, createServer as createTlsServer } from "node:tls";

import type { TlsMaterial } from "../../dask-fleet.ts";
import { Listening } from "../../support/listening.ts";
import { messageOf } from "../../support/message-of.ts";
import type { JoinParameters } from "./join-parameters.ts";
import { Lines } from "./lines.ts";
import { MachineKey } from "./machine-key.ts";

export interface BootPlace {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly parameters: JoinParameters;
  readonly admits: (source: string) => boolean;
  readonly identity: (key256: string) => string | undefined;
  readonly say: (line: string) => void;
}

/** What the launcher brought: a certificate, or a refusal in its words. */
export type BootAnswer = TlsMaterial | { readonly refused: string };

/** As `templates/join_scheduler.py`: a scheduler's machine before Dask, where the launcher comes to sign its certificate. */
export class BootListener implements AsyncDisposable {
  readonly #place: BootPlace;
  readonly #key: MachineKey;
  readonly #answer = Promise.withResolvers<BootAnswer>();
  #listening: Listening | undefined;

  static async open(place: BootPlace): Promise<BootListener> {
    const listener = new BootListener(place);
    await listener.#listen();
    return listener;
  }

  private constructor(place: BootPlace) {
    this.#place = place;
    this.#key = new MachineKey(place.parameters);
  }

  /** Pending as long as no launcher comes. */
  get answer(): Promise<BootAnswer> {
    return this.#answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  async #listen(): Promise<void> {
    const { host, port, parameters, admits } = this.#place;
    const secure = createTlsServer(
      {
        ca: parameters.ca,
        cert: this.#key.selfSigned(),
        key: this.#key.pem,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: "TLSv1.2",
      },
      (socket) => void this.#talk(socket),
    );
    secure.on("tlsClientError", () => undefined);
    const server = createServer((socket: Socket) => {
      if (admits(socket.remoteAddress ?? "")) secure.emit("connection", socket);
      else socket.destroy();
    });
    this.#listening = await Listening.open(server, port, host);
  }

  async #talk(socket: TLSSocket): Promise<void> {
    const { parameters, name, identity, say } = this.#place;
    socket.on("error", () => socket.destroy());
    try {
      const names = socket.getPeerX509Certificate()?.subjectAltName?.split(", ") ?? [];
      if (!names.includes(`DNS:client.${parameters.id}.dask.internal`)) return;
      const lines = new Lines(socket);
      const { nonce } = await lines.receive();
      const { hash } = this.#key;
      const mac = this.#key.mac("boot1", "scheduler", name, hash, Buffer.from(String(nonce), "hex"));
      lines.send({ name, mac, identity: identity(hash.toString("hex")) ?? null });
      const said = await lines.receive();
      const answer = typeof said["refused"] === "string" ? { refused: said["refused"] } : this.#key.accept(said);
      lines.send({ ok: true });
      socket.end(() => this.#answer.resolve(answer));
    } catch (error) {
      say(`no certificate yet: ${messageOf(error)}`);
    } finally {
      if (!socket.writableEnded) socket.destroy();
    }
  }
}
