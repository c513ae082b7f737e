import { inspect } from "node:util";

const EVERYTHING = {
  depth: Infinity,
  showHidden: true,
  getters: true,
  maxStringLength: null,
  maxArrayLength: null,
} as const;

/** All that is seen of a value by whoever looks at it: logs it, takes it apart, or sends it on as JSON. */
export function looksAt(value: unknown): readonly string[] {
  return [
    inspect(value, EVERYTHING),
    inspect(value, { ...EVERYTHING, customInspect: false }),
    JSON.stringify(value) ?? "",
  ];
}
