import { printableName } from "../text/printable.ts";
import { usage } from "./usage.ts";

/**
 * `NAME=VALUE` words as a mapping. With `fallback`, `NAME` alone takes its value from there: a secret needs no place on a command line.
 *
 * @throws DaskFleetError `CONFIG_INVALID`, without a value
 */
export function pairsIn(
  option: string,
  words: readonly string[],
  fallback?: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      const value = at === -1 ? fallback?.[word] : undefined;
      if (value !== undefined) return [word, value];
      const name = printableName(word.split("=")[0] ?? "");
      throw usage(
        fallback === undefined || name === ""
          ? `Expected NAME=VALUE after ${option}.`
          : `${option} ${name}: no such variable here. Write ${name}=VALUE.`,
      );
    }),
  );
}
