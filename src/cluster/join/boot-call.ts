import { randomBytes } from "node:crypto";
import type { TLSSocket } from "node:tls";

import { z } from "zod";

import { connectionError, unreachable } from "../../dask/comm/connection-error.ts";
import { secureContextOf } from "../../dask/comm/secure-context.ts";
import { violation } from "../../dask/dask-errors.ts";
import { type Deadline, seconds } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { onExpiry } from "../../expiry.ts";
import { nodeTls } from "../../node-tls.ts";
import { spkiOf } from "../../security/certificates/public-key.ts";
import type { TlsMaterial } from "../../security/tls-material.ts";
import type { JoinAnswer } from "./registrar.ts";
import type { JoinRequest } from "./request.ts";

export interface BootAddress {
  readonly host: string;
  readonly port: number;
}

const NONCE_BYTES = 32;
/** Of one line; a certificate has less than a kilobyte, a cloud's document a few. */
const MOST_BYTES = 64 * 1024;

const offerSchema = z.object({
  name: z.string().min(1).max(128),
  mac: z.string().regex(/^[0-9a-f]{64}$/u),
  identity: z.string().nullish(),
});
const doneSchema = z.object({ ok: z.literal(true) });

/**
 * One call at the boot listener of a scheduler that has no certificate yet. The machine shows a self-signed
 * certificate: only its key counts, with the proof of a token over that key and our challenge. It knows us by our client certificate.
 *
 * @param decide on what it asks for
 * @returns the certificate that it has taken
 * @throws DaskFleetError `SCHEDULER_UNREACHABLE`, `PROTOCOL_VIOLATION`; whatever `decide` throws
 */
export async function callBoot(
  address: BootAddress,
  client: TlsMaterial,
  decide: (request: JoinRequest, signal: AbortSignal) => Promise<JoinAnswer>,
  deadline: Deadline,
): Promise<string> {
  deadline.signal?.throwIfAborted();
  const where = `${address.host}:${address.port}`;
  const ended = new AbortController();
  const socket = nodeTls().connect({
    ...address,
    secureContext: secureContextOf({ material: client, minVersion: "TLSv1.2", schedulerKey256: "" }),
    // Nobody has signed its certificate yet. The token proves its key, see above.
    rejectUnauthorized: false,
  });
  const callOff = onExpiry(
    deadline,
    () => unreachable(where, `its boot listener did not answer within ${seconds(deadline.timeoutMs)}`),
    (reason) => ended.abort(reason),
  );
  socket.on("error", (error) => ended.abort(connectionError(error, where)));
  socket.once("close", () => ended.abort(unreachable(where, "its boot listener closed the connection")));
  ended.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  try {
    const lines = new Lines(socket, ended.signal);
    await eventOf(socket, "secureConnect", ended.signal);
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) throw unreachable(where, "it shows no certificate");
    const nonce = randomBytes(NONCE_BYTES);
    socket.write(`${JSON.stringify({ v: 1, nonce: nonce.toString("hex") })}\n`);
    const { name, mac, identity } = offerSchema.parse(await lines.next());
    const request: JoinRequest = {
      role: "scheduler",
      name,
      spki: spkiOf(certificate.publicKey),
      mac: Buffer.from(mac, "hex"),
      from: undefined,
      nonce,
      identity: identity ?? undefined,
    };
    const answer = await decide(request, ended.signal);
    if (!("cert" in answer)) {
      const why = "refused" in answer ? answer.refused : answer.why;
      if ("refused" in answer) socket.end(`${JSON.stringify({ refused: why })}\n`);
      throw unreachable(where, `its boot listener gets no certificate: ${why}`);
    }
    socket.write(`${JSON.stringify({ cert: answer.cert, files: answer.files })}\n`);
    doneSchema.parse(await lines.next());
    return answer.cert;
  } catch (error) {
    ended.signal.throwIfAborted();
    if (error instanceof DaskFleetError) throw error;
    throw violation(`Invalid answer of the boot listener at ${where}`);
  } finally {
    callOff();
    socket.destroySoon();
  }
}

/** JSON lines of bounded length from a socket. */
class Lines {
  readonly #socket: TLSSocket;
  readonly #signal: AbortSignal;
  #text = "";

  constructor(socket: TLSSocket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      this.#text += chunk;
      if (this.#text.length > MOST_BYTES) socket.destroy(new Error("a line is longer than 64 KiB"));
    });
  }

  /** Whatever JSON the next line holds. */
  async next(): Promise<unknown> {
    while (!this.#text.includes("\n")) await eventOf(this.#socket, "data", this.#signal);
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return JSON.parse(Buffer.from(line, "latin1").toString());
  }
}

/** Resolves with the next such event, or throws the signal's reason. */
async function eventOf(socket: TLSSocket, event: "secureConnect" | "data", signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    socket.once(event, () => {
      signal.removeEventListener("abort", leave);
      resolve();
    });
  });
}
