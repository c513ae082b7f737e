import type { Socket } from "node:net";

import { type Deadline, seconds } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import { onExpiry, withDeadline } from "../../expiry.ts";
import type { ClientTls } from "../../security/tls-material.ts";
import { type CommAddress, formatAddress } from "../address.ts";
import { CommLost, violation } from "../dask-errors.ts";
import { decodeMessage, encodeMessage } from "../message/message.ts";
import { inTurns } from "../message/steps.ts";
import { connectionError, unreachable } from "./connection-error.ts";
import { dial } from "./dial.ts";
import { type FrameLimits, FrameReader, type Frames } from "./frames.ts";
import { CLIENT_HANDSHAKE, checkHandshake } from "./handshake.ts";

const CLOSE_TIMEOUT_MS = 1000;
const CLOSE_MESSAGE = encodeMessage({ op: "close", reply: false });

/** A request as `Server._handle_comm` (distributed/core.py) takes it: the operation and its keyword arguments. */
export interface Request {
  readonly op: string;
  readonly [argument: string]: unknown;
}

interface Listener {
  readonly resolve: (message: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * One connection to a Dask server: strictly one request, then its answer. Later requests wait for their turn. A sent request that is
 * aborted or times out destroys the connection, since its late answer would be taken for the next one's.
 */
export class Comm {
  /** Resolves, and never rejects, when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #reader: FrameReader;
  #listener: Listener | undefined;
  #turn: Promise<void> = Promise.resolve();
  #end: { readonly reason: unknown } | undefined;
  #greeted = false;
  #answers = 0;
  /** While an answer is being decoded. */
  #decoding: Promise<void> | undefined;

  /**
   * Connects, and resolves after the scheduler's handshake was read: until then the scheduler may still reject our certificate.
   *
   * @throws DaskFleetError `SCHEDULER_UNREACHABLE`, `SCHEDULER_REFUSED`, `SECURITY_INVALID` or `PROTOCOL_VIOLATION`
   */
  static async connect(
    address: CommAddress,
    tls: ClientTls | undefined,
    deadline: Deadline,
    limits?: FrameLimits,
  ): Promise<Comm> {
    const comm = new Comm(await dial(address, tls, deadline), formatAddress(address), tls?.notAfter, limits);
    await comm.#shakeHands(tls !== undefined, deadline);
    return comm;
  }

  private constructor(
    socket: Socket,
    address: string,
    notAfter: ClientTls["notAfter"],
    limits: FrameLimits | undefined,
  ) {
    this.#socket = socket;
    this.#address = address;
    this.#reader = new FrameReader(limits);
    this.closed = new Promise((resolve) => {
      const ended = (): void => {
        const error = socket.errored;
        this.#lose(
          error === null ? unreachable(address, "it closed the connection") : connectionError(error, address, notAfter),
        );
        resolve();
      };
      // A complete answer counts even if the connection ends after it.
      const ending = (): void => void (this.#decoding === undefined ? ended() : this.#decoding.then(ended));
      if (socket.closed) ending();
      else socket.once("close", ending);
    });
    socket.on("error", (error) => this.#lose(connectionError(error, address, notAfter)));
    socket.on("data", (chunk) => this.#read(chunk));
  }

  get alive(): boolean {
    return this.#end === undefined;
  }

  /** The number of answered requests. */
  get answers(): number {
    return this.#answers;
  }

  /**
   * Sends a request and returns the decoded answer, errors included.
   *
   * @param options.ref whether the wait for the answer keeps the process alive. Default: true
   * @throws DaskFleetError `TIMEOUT`, `PROTOCOL_VIOLATION`, `CLOSED` or, as {@link CommLost}, `SCHEDULER_UNREACHABLE`
   */
  async request(
    request: Request,
    deadline: Deadline,
    { ref = true }: { readonly ref?: boolean | undefined } = {},
  ): Promise<unknown> {
    const before = this.#turn;
    let done = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#turn = before.then(() => mine);
    const timeout = (): DaskFleetError =>
      new DaskFleetError(
        "TIMEOUT",
        `Timed out after ${seconds(deadline.timeoutMs)} waiting for the answer of ${this.#address} to "${request.op}"`,
      );
    try {
      await withDeadline(before, deadline, timeout);
      if (this.#end !== undefined) throw this.#endedBeforeSending(this.#end.reason);
      this.#reader.limit(mostAnswerBytes(request.op));
      const answer = await this.#exchange(encodeMessage(request), deadline, timeout, ref);
      this.#answers++;
      return answer;
    } finally {
      done();
    }
  }

  /** Tells the peer and closes, within a second. Requests under way are rejected with `CLOSED`. Never rejects. */
  async close(): Promise<void> {
    if (this.#end === undefined) {
      const idle = this.#listener === undefined;
      this.#finish(new DaskFleetError("CLOSED", `The connection to ${this.#address} was closed`));
      if (idle) this.#socket.end(CLOSE_MESSAGE);
      else this.#socket.destroy();
    }
    this.#socket.ref();
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /** Drops the connection at once; requests under way are rejected with the reason. */
  destroy(reason: unknown): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  async #shakeHands(tls: boolean, deadline: Deadline): Promise<void> {
    const timeout = (): DaskFleetError =>
      unreachable(
        this.#address,
        `it took the connection, but said nothing within ${seconds(deadline.timeoutMs)}` +
          (tls ? "" : " (is it a tls:// scheduler?)"),
      );
    // Python's side speaks first and does not wait. Over TLS we hear it out, as what we write to a socket that it has
    // just closed on us would reset the connection and lose the alert that says why. A TLS server dialled by tcp://
    // waits for us, though, and resets when it hears us.
    this.#reader.limit(HANDSHAKE_BYTES);
    const theirs = await this.#exchange(tls ? undefined : CLIENT_HANDSHAKE, deadline, timeout);
    try {
      checkHandshake(theirs);
    } catch (error) {
      this.destroy(error);
      throw error;
    }
    this.#greeted = true;
    if (tls) this.#socket.write(CLIENT_HANDSHAKE);
  }

  #exchange(
    bytes: Buffer | undefined,
    deadline: Deadline,
    timeout: () => DaskFleetError,
    ref = true,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      deadline.signal?.throwIfAborted();
      if (this.#end !== undefined) throw this.#end.reason;
      const stopWatching = onExpiry(deadline, timeout, (reason) => this.destroy(reason), { ref });
      const callOff = (): void => {
        stopWatching();
        this.#socket.unref();
      };
      // Only a question under way keeps the process alive, not a connection that waits for the next one.
      if (ref) this.#socket.ref();
      this.#listener = {
        resolve: (message) => {
          callOff();
          resolve(message);
        },
        reject: (reason) => {
          callOff();
          reject(reason);
        },
      };
      if (bytes !== undefined) this.#socket.write(bytes);
    });
  }

  /** Dask only answers: unrequested bytes are a violation and not kept. */
  #read(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    try {
      if (this.#listener === undefined || this.#decoding !== undefined) throw unasked();
      const [frames, ...more] = this.#reader.push(chunk);
      if (frames === undefined) return;
      const decoding = this.#decode(frames);
      this.#decoding = more.length === 0 ? decoding : decoding.then(() => this.destroy(unasked()));
    } catch (error) {
      this.destroy(error);
    }
  }

  /** Delivers the answer to its request. Never rejects. */
  async #decode(frames: Frames): Promise<void> {
    try {
      const decoded = await inTurns(decodeMessage(frames), () => this.#end === undefined);
      const listener = this.#listener;
      if (decoded === undefined || listener === undefined) return;
      this.#listener = undefined;
      listener.resolve(decoded.result);
    } catch (error) {
      this.destroy(error);
    } finally {
      this.#decoding = undefined;
    }
  }

  #lose(what: DaskFleetError): void {
    const message = `Lost the connection to the scheduler at ${this.#address} before it answered`;
    this.#finish(this.#greeted ? new CommLost(message, true, what) : what);
    this.#socket.destroy();
  }

  #finish(reason: unknown): void {
    this.#end ??= { reason };
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.reject(this.#end.reason);
  }

  #endedBeforeSending(reason: unknown): unknown {
    if (reason instanceof DaskFleetError && reason.code === "CLOSED") return reason;
    return new CommLost(`The connection to ${this.#address} is gone: ${messageOf(reason)}`, false, reason);
  }
}

function unasked(): DaskFleetError {
  return violation("The scheduler sent an unrequested message");
}

/** Dask's handshake has some hundred bytes; it arrives before authentication. */
export const HANDSHAKE_BYTES: number = 64 * 1024;

const MEBI = 1024 * 1024;
/** Answers with an entry for each worker, and logs. 20,000 busy workers are some 120 MiB. */
const LARGE: ReadonlySet<string> = new Set(["identity", "broadcast", "get_logs", "retire_workers"]);

/** The limit of an answer, in bytes: below the limit of messages for operations with small answers. */
export function mostAnswerBytes(op: string): number {
  return LARGE.has(op) ? Number.POSITIVE_INFINITY : 8 * MEBI;
}
