import { GROUP_NAME } from "../../provider/worker-group.ts";
import { usage } from "../usage.ts";

/** A word of a command line about a group; one without a group is about the only one, or `default`. */
interface Written {
  readonly group: string | undefined;
}

/** The number of machines of a group. */
export interface WrittenSize extends Written {
  readonly workers: number;
}

/** Bounds of a group. Without numbers they are its own. */
export interface WrittenBounds extends Written {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Sizes of groups by their words: `4`, `gpu=2`. */
export function sizesIn(words: readonly string[], command: string): readonly WrittenSize[] {
  const sizes = words.map((word): WrittenSize => {
    const [group, value] = halves(word);
    if (!/^\d{1,9}$/.test(value) || !isGroup(group))
      throw usage(`Expected a number of workers, such as 4 or gpu=2, got "${word}".`, command);
    return { group, workers: Number(value) };
  });
  return onceEach(sizes, "sizes", command);
}

/** Bounds of groups by their words: `0..8`, `gpu=0..8`, or `gpu` within its own. */
export function boundsIn(words: readonly string[], command: string): readonly WrittenBounds[] {
  const bounds = words.map((word): WrittenBounds => {
    if (GROUP_NAME.test(word)) return { group: word };
    const [group, value] = halves(word);
    const [, minimum, maximum] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(value) ?? [];
    if (minimum === undefined || maximum === undefined || !isGroup(group))
      throw usage(`Expected bounds such as 0..8 or gpu=0..8, or the name of a group, got "${word}".`, command);
    return { group, minimum: Number(minimum), maximum: Number(maximum) };
  });
  return onceEach(bounds, "bounds", command);
}

function onceEach<Each extends Written>(all: readonly Each[], what: string, command: string): readonly Each[] {
  const twice = all.find(({ group }, nth) => all.findIndex((each) => each.group === group) < nth);
  if (twice === undefined) return all;
  throw usage(
    twice.group === undefined ? `There are two ${what}.` : `The group ${twice.group} has two ${what}.`,
    command,
  );
}

function isGroup(group: string | undefined): boolean {
  return group === undefined || GROUP_NAME.test(group);
}

function halves(word: string): readonly [group: string | undefined, value: string] {
  const at = word.indexOf("=");
  return at === -1 ? [undefined, word] : [word.slice(0, at), word.slice(at + 1)];
}
