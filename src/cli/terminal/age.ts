/** Units of an age, the largest first. */
const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** A time that goes on, in whole seconds and at most two units: `28 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function inWords(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const at = UNITS.findIndex(([, length]) => rest >= length);
  const words: string[] = [];
  for (const [unit, length] of at === -1 ? UNITS.slice(-1) : UNITS.slice(at, at + 2)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || words.length === 0) words.push(`${count} ${unit}`);
  }
  return words.join(" ");
}

/** How long ago that was: `3 min 5 s ago`. */
export function ago(date: Date, now = Date.now()): string {
  return `${inWords(now - date.getTime())} ago`;
}
