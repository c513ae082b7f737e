import { inspect } from "node:util";

const EVERYTHING = {
  depth: Infinity,
  showHidden: true,
  getters: true,
  maxStringLength: null,
  maxArrayLength: null,
} as const;

/** Everything that logging, inspecting or serialising a value reveals. */
export function looksAt(value: unknown): readonly string[] {
  return [
    inspect(value, EVERYTHING),
    inspect(value, { ...EVERYTHING, customInspect: false }),
    JSON.stringify(value) ?? "",
  ];
}
