/** Extension types of msgpack for values that JSON does not have (`templates/agent/calls_values.py`). */
export const EXTENSIONS = {
  /** A large integer, in hexadecimal digits. */
  integer: 1,
  /** Milliseconds since 1970, as a double. */
  moment: 2,
  /** Bytes in a frame of their own, by its number. */
  frame: 3,
  /** An Arrow table in a frame of its own. */
  table: 4,
} as const;
