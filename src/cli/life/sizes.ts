import { DEFAULT_GROUP, GROUP_NAME } from "../../provider/worker-group.ts";
import { usage } from "../usage.ts";

/** Sizes of groups by their words: `4` is the group `default`, `gpu=2` another. */
export function sizesIn(words: readonly string[], command: string): Readonly<Record<string, number>> {
  const sizes = new Map<string, number>();
  for (const word of words) {
    const [group, value] = halves(word);
    if (!/^\d{1,9}$/.test(value) || !GROUP_NAME.test(group))
      throw usage(`Expected a number of workers, such as 4 or gpu=2, got "${word}".`, command);
    if (sizes.has(group)) throw usage(`The group ${group} has two sizes.`, command);
    sizes.set(group, Number(value));
  }
  return Object.fromEntries(sizes);
}

/** Bounds of a group. */
export interface WrittenBounds {
  readonly group: string;
  readonly minimum: number;
  readonly maximum: number;
}

/** Bounds of groups by their words: `0..8`, `gpu=0..8`. */
export function boundsIn(words: readonly string[], command: string): readonly WrittenBounds[] {
  const bounds = new Map<string, WrittenBounds>();
  for (const word of words) {
    const [group, value] = halves(word);
    const [, minimum, maximum] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(value) ?? [];
    if (minimum === undefined || maximum === undefined || !GROUP_NAME.test(group))
      throw usage(`Expected bounds such as 0..8 or gpu=0..8, got "${word}".`, command);
    if (bounds.has(group)) throw usage(`The group ${group} has two bounds.`, command);
    bounds.set(group, { group, minimum: Number(minimum), maximum: Number(maximum) });
  }
  return [...bounds.values()];
}

function halves(word: string): readonly [group: string, value: string] {
  const at = word.indexOf("=");
  return at === -1 ? [DEFAULT_GROUP, word] : [word.slice(0, at), word.slice(at + 1)];
}
