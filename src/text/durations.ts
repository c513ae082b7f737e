import { seconds } from "../deadline.ts";

interface Unit {
  readonly ms: number;
  /** As in `1h30m`. */
  readonly brief: string;
  /** As in `20 min`. */
  readonly symbol: string;
  /** As in `20 minutes`. */
  readonly word: string;
  /** Other spellings that are read. */
  readonly also: string;
}

const MILLISECOND: Unit = { ms: 1, brief: "ms", symbol: "ms", word: "millisecond", also: "" };

/** The largest first. */
const UNITS: readonly Unit[] = [
  { ms: 604_800_000, brief: "w", symbol: "w", word: "week", also: "wks?" },
  { ms: 86_400_000, brief: "d", symbol: "d", word: "day", also: "" },
  { ms: 3_600_000, brief: "h", symbol: "h", word: "hour", also: "hrs?" },
  { ms: 60_000, brief: "m", symbol: "min", word: "minute", also: "mins" },
  { ms: 1000, brief: "s", symbol: "s", word: "second", also: "secs?" },
  MILLISECOND,
];
/** Weeks are read, but written as days. */
const WRITTEN = UNITS.slice(1);

const AMOUNT = String.raw`(\d+(?:\.\d+)?|\.\d+)`;
/** Each unit once at the most, the largest first: `1m30h` is a slip. */
const DURATION = new RegExp(
  `^${UNITS.map(({ brief, symbol, word, also }) => {
    const spellings = [`${word}s?`, also, symbol, brief].filter((each) => each !== "").join("|");
    return String.raw`(?:${AMOUNT}\s*(?:${spellings})(?![a-z])\s*)?`;
  }).join("")}$`,
  "iu",
);
/** Half a unit of a millisecond is not one; the error of a fraction in binary is far less. */
const ROUNDING = 1e-6;

/**
 * Reads `20m`, `1h30m`, `1.5h`, `500ms`, `2 days`, and what {@link durationText} and {@link durationInWords} write. Returns whole
 * milliseconds; undefined for a number without a unit, except 0, and for anything else.
 */
export function readDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^0+$/u.test(trimmed)) return 0;
  const amounts = trimmed === "" ? undefined : DURATION.exec(trimmed)?.slice(1);
  if (amounts === undefined) return undefined;
  const exact = amounts.reduce((sum, amount, nth) => sum + Number(amount ?? 0) * (UNITS[nth]?.ms ?? 0), 0);
  const ms = Math.round(exact);
  return Math.abs(exact - ms) < ROUNDING && Number.isSafeInteger(ms) ? ms : undefined;
}

/** A duration for files and command lines, exactly: `1h30m`, `20m`, `1s500ms`, `0`. */
export function durationText(ms: number): string {
  let rest = ms;
  const parts = WRITTEN.flatMap((unit) => {
    const amount = Math.floor(rest / unit.ms);
    rest -= amount * unit.ms;
    return amount === 0 ? [] : [`${amount}${unit.brief}`];
  });
  return parts.length === 0 ? "0" : parts.join("");
}

/** A duration for messages: `20 min`, `4 h`, or seconds where it is no whole number of minutes. */
export function durationInWords(ms: number): string {
  const { amount, unit } = inLargestUnit(ms);
  return unit.ms < 60_000 ? seconds(ms) : `${amount} ${unit.symbol}`;
}

/** A duration for documentation: `20 minutes`, `1 hour`. */
export function durationInFull(ms: number): string {
  const { amount, unit } = inLargestUnit(ms);
  return `${amount} ${unit.word}${amount === 1 ? "" : "s"}`;
}

/** In the largest unit of which it is a whole number. */
function inLargestUnit(ms: number): { readonly amount: number; readonly unit: Unit } {
  const unit = WRITTEN.find((each) => ms >= each.ms && ms % each.ms === 0) ?? MILLISECOND;
  return { amount: ms / unit.ms, unit };
}
