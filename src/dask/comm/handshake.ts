import { encodeMessage } from "../message/message.ts";
import { isMap } from "../message/msgpack.ts";
import { violation } from "../message/violation.ts";

/**
 * Our side of the comm handshake (distributed/comm/core.py, `handshake_info`). Compression is used only where both say the
 * same kind, pickle protocol 4 has no out-of-band buffers, and nobody reads `python`.
 */
export const CLIENT_HANDSHAKE: Buffer = encodeMessage({
  compression: null,
  python: [3, 0, 0],
  "pickle-protocol": 4,
});

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when this is no Dask server's handshake. */
export function checkHandshake(theirs: unknown): void {
  if (!isMap(theirs) || !Object.hasOwn(theirs, "compression") || !Object.hasOwn(theirs, "pickle-protocol")) {
    throw violation("The first message is not a Dask handshake");
  }
}
