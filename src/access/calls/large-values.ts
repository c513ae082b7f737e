import { CallOperations, LOST, MOST_SENT_BYTES, type OrLost, PIECE_BYTES } from "../../dask/agent/calls.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import { violation } from "../../dask/dask-errors.ts";
import { DaskFleetError } from "../../errors.ts";
import { sleep } from "../../wait.ts";
import { SteadyComm } from "./steady-comm.ts";

/** Pieces on their way at a time. */
const LANES = 3;
/** While Dask computes a lost result again. */
const AGAIN_MS = 300;
/** The largest result. */
const MOST_BYTES = 4 * 1024 * 1024 * 1024;

/** Arguments and results of more than a megabyte: in pieces, beside the submissions and the poll. */
export class LargeValues {
  readonly #lanes: readonly SteadyComm[];
  readonly #closed: AbortSignal;

  constructor(link: () => AgentLink, closed: AbortSignal) {
    this.#closed = closed;
    this.#lanes = Array.from({ length: LANES }, () => new SteadyComm(link, closed));
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  /**
   * Sends something in pieces to the scheduler's disk.
   *
   * @param isOver checked before each piece
   * @returns whether the whole is there
   */
  async send(name: string, parts: readonly Uint8Array[], isOver: () => boolean): Promise<boolean> {
    const size = parts.reduce((total, part) => total + part.byteLength, 0);
    if (size > MOST_SENT_BYTES) {
      throw new DaskFleetError(
        "CONFIG_INVALID",
        `The arguments of a call have ${size} bytes; at most ${MOST_SENT_BYTES} are possible. Let the function read them from a storage.`,
      );
    }
    const operations = new CallOperations(this.#lane(0).ask, "");
    for (let have = 0; have < size;) {
      if (isOver()) return false;
      const answer = await operations.put(name, have, size, pieceOf(parts, have));
      if (answer === LOST) return false;
      if (answer <= have && answer !== 0) throw violation("The scheduler does not take an argument of a call");
      have = answer;
    }
    return true;
  }

  /** The whole of a large result. */
  async fetch(session: string, task: number, isOver: () => boolean): Promise<OrLost<Uint8Array>> {
    const first = await this.#piece(this.#lane(0), session, task, 0, isOver);
    if (first === LOST) return LOST;
    const { total, data } = first;
    if (!Number.isSafeInteger(total) || total > MOST_BYTES) {
      throw new DaskFleetError(
        "CALL_FAILED",
        `A result has ${total} bytes; at most ${MOST_BYTES} are possible. Let the function write it to a storage.`,
      );
    }
    const whole = Buffer.allocUnsafeSlow(total);
    whole.set(data);
    let next = data.byteLength;
    let isLost = false;
    const drive = async (lane: SteadyComm): Promise<void> => {
      while (next < total && !isLost && !isOver()) {
        let at = next;
        const end = Math.min(total, (next += PIECE_BYTES));
        // A piece may be shorter than asked for.
        while (at < end && !isLost) {
          const piece = await this.#piece(lane, session, task, at, isOver);
          if (piece === LOST) {
            isLost = true;
            return;
          }
          if (piece.total !== total || piece.data.byteLength === 0)
            throw violation("A result of a call changed its size");
          whole.set(piece.data.subarray(0, end - at), at);
          at += piece.data.byteLength;
        }
      }
    };
    await Promise.all(this.#lanes.map(drive));
    return isLost ? LOST : whole;
  }

  #lane(index: number): SteadyComm {
    const lane = this.#lanes[index];
    if (lane === undefined) throw new TypeError(`There is no lane ${index}`);
    return lane;
  }

  async #piece(
    lane: SteadyComm,
    session: string,
    task: number,
    offset: number,
    isOver: () => boolean,
  ): Promise<OrLost<{ readonly total: number; readonly data: Uint8Array }>> {
    const operations = new CallOperations(lane.ask, session);
    for (;;) {
      const piece = await operations.fetch(task, offset, PIECE_BYTES);
      if (piece !== undefined) return piece;
      if (isOver()) return LOST;
      await sleep(AGAIN_MS, this.#closed);
    }
  }
}

/** The piece of a message in parts that begins at an offset. */
function pieceOf(parts: readonly Uint8Array[], offset: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let [before, left] = [0, PIECE_BYTES];
  for (const part of parts) {
    const start = Math.max(0, offset - before);
    before += part.byteLength;
    if (start >= part.byteLength || left === 0) continue;
    const piece = part.subarray(start, start + left);
    left -= piece.byteLength;
    pieces.push(piece);
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}
