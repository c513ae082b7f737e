import { snakeCase } from "../../options/option-names.ts";
import type { ProgressEvent } from "../../progress.ts";

/**
 * A shape of the library's with its names in snake_case. Values stay as they are: names inside them are a user's, such as those of
 * resources. JSON leaves out what is undefined, and writes times as ISO 8601.
 */
export function wireShape(shape: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(shape).map(([name, value]) => [snakeCase(name), value]));
}

export function wireShapes(shapes: readonly object[]): readonly Record<string, unknown>[] {
  return shapes.map(wireShape);
}

/** An event that only this connection has: the handle was given up, and the cluster goes on. */
interface Detached {
  readonly type: "state";
  readonly state: "detached";
}

export type WireEvent = ProgressEvent | Detached;
