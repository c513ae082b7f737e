import { types } from "node:util";

import { violation } from "./dask-errors.ts";
import { isMap } from "./message/msgpack.ts";

/** One value of an answer, read with its expected type. Each `PROTOCOL_VIOLATION` gives its path in the answer. */
export class Field {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  text(): string {
    return typeof this.#value === "string" ? this.#value : this.#fail("a text");
  }

  /** A text, or a number as text: Dask turns some names into numbers. */
  label(): string {
    return typeof this.#value === "number" || typeof this.#value === "bigint" ? String(this.#value) : this.text();
  }

  get isNumber(): boolean {
    return typeof this.#value === "number";
  }

  number(): number {
    return typeof this.#value === "number" && Number.isFinite(this.#value) ? this.#value : this.#fail("a number");
  }

  flag(): boolean {
    return typeof this.#value === "boolean" ? this.#value : this.#fail("a truth value");
  }

  bytes(): Uint8Array {
    return types.isUint8Array(this.#value) ? this.#value : this.#fail("bytes");
  }

  /** Python's `time.time()`: seconds since 1970. */
  date(): Date {
    const date = new Date(this.number() * 1000);
    return Number.isNaN(date.getTime()) ? this.#fail("a time") : date;
  }

  list(): Field[] {
    if (!Array.isArray(this.#value)) return this.#fail("a list");
    return this.#value.map((item, index) => new Field(item, `${this.#path}[${index}]`));
  }

  triple(): [Field, Field, Field] {
    const [first, second, third] = this.list();
    return first !== undefined && second !== undefined && third !== undefined
      ? [first, second, third]
      : this.#fail("three values");
  }

  map(): FieldMap {
    return isMap(this.#value) ? new FieldMap(this.#value, this.#path) : this.#fail("a map");
  }

  #fail(expected: string): never {
    const value = this.#value;
    const got =
      value === undefined ? "nothing" : value === null ? "None" : Array.isArray(value) ? "a list" : typeof value;
    throw violation(`Invalid answer of the scheduler: expected ${expected} at "${this.#path}", got ${got}`);
  }
}

/** A map in an answer. Only its own keys are read. */
export class FieldMap {
  readonly #map: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(map: Readonly<Record<string, unknown>>, path: string) {
    this.#map = map;
    this.#path = path;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#map, key);
  }

  get(key: string): Field {
    return new Field(this.has(key) ? this.#map[key] : undefined, `${this.#path}.${key}`);
  }

  /** `undefined` if the key is missing or its value is `None`. */
  optional(key: string): Field | undefined {
    return this.has(key) && this.#map[key] !== null ? this.get(key) : undefined;
  }

  entries(): [string, Field][] {
    return Object.keys(this.#map).map((key) => [key, this.get(key)]);
  }

  /** All entries as numbers, without those that are `None`. */
  numbers(): Record<string, number> {
    return Object.fromEntries(
      this.entries().flatMap(([key]) => {
        const value = this.optional(key)?.number();
        return value === undefined ? [] : [[key, value]];
      }),
    );
  }
}
