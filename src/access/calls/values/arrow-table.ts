import { types } from "node:util";

import { DaskFleetError } from "../../../errors.ts";

/**
 * An Arrow table, as the bytes of Arrow's IPC stream format. As an argument it becomes a `pyarrow.Table`, and a function's table or
 * record batch comes back as one; the workers need pyarrow. With the package apache-arrow: `new ArrowTable(tableToIPC(table, "stream"))`
 * and `tableFromIPC(result.ipc)`.
 */
export class ArrowTable {
  /** The bytes of the IPC stream. */
  readonly ipc: Uint8Array;

  /** @param ipc the bytes of an Arrow IPC stream; they are not checked here */
  constructor(ipc: Uint8Array) {
    if (!types.isUint8Array(ipc)) {
      throw new DaskFleetError("CONFIG_INVALID", "ArrowTable takes the bytes of an Arrow IPC stream, as a Uint8Array.");
    }
    this.ipc = ipc;
  }
}
