import { inspect } from "node:util";

/**
 * A Python value that arrived in a form dask-fleet does not read: pickled (reading a pickle means running code),
 * or one that the other side could not serialise. It keeps none of the bytes.
 */
export class OpaqueValue {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }

  toString(): string {
    return `[Python value: ${this.reason}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
