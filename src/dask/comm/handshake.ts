import { violation } from "../dask-errors.ts";
import { encodeMessage } from "../message/message.ts";
import { isMap } from "../message/msgpack.ts";

/**
 * Our side of the comm handshake (distributed/comm/core.py, `handshake_info`). Compression needs the same kind on both sides, pickle
 * protocol 4 has no out-of-band buffers, and `python` is not read.
 */
export const CLIENT_HANDSHAKE: Buffer = encodeMessage({
  compression: null,
  python: [3, 0, 0],
  "pickle-protocol": 4,
});

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when this is not a Dask server's handshake */
export function checkHandshake(theirs: unknown): void {
  if (!isMap(theirs) || !Object.hasOwn(theirs, "compression") || !Object.hasOwn(theirs, "pickle-protocol")) {
    throw violation("The first message is not a Dask handshake");
  }
}
