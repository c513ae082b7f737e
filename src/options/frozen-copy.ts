import { isPlainObject } from "../plain-object.ts";

/**
 * A deep copy of data that nobody can change, so that two clusters never share an option. Instances of classes are
 * handed on as they are; a property that is `undefined` is left out.
 */
export function frozenCopy<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(copy));
  if (!isPlainObject(value)) return value;
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.freeze(Object.fromEntries(present.map(([key, item]) => [key, copy(item)])));
}
