import type { PlannedCall } from "../../../provider/plan.ts";
import { durationInFull, durationInWords } from "../../../text/durations.ts";

const DAY_MS = 86_400_000;

/** `365 days`, `4 h`, `20 min`. */
export function lengthInWords(ms: number): string {
  return ms >= 2 * DAY_MS && ms % DAY_MS === 0 ? durationInFull(ms) : durationInWords(ms);
}

/** `m7i-flex.large, else m7i.large, m6i.large`. */
export function inOrder(candidates: readonly string[]): string {
  const [first = "", ...rest] = candidates;
  return rest.length === 0 ? first : `${first}, else ${rest.join(", ")}`;
}

/** `2 RunInstances`, `0-1 DescribeImages`, `1+ DescribeInstances`, and last those that may be needed: `or none: GetConsoleOutput`. */
export function callsInWords(calls: readonly PlannedCall[]): readonly string[] {
  const isSure = ({ least, most }: PlannedCall): boolean => least > 0 || most !== undefined;
  const [first, ...rest] = calls.filter((call) => !isSure(call)).map(({ name }) => name);
  return [
    ...calls.filter(isSure).map(({ name, least, most }) => `${often(least, most)} ${name}`),
    ...(first === undefined ? [] : [`if needed ${first}`, ...rest]),
  ];
}

function often(least: number, most: number | undefined): string {
  if (most === undefined) return `${least}+`;
  return least === most ? String(least) : `${least}-${most}`;
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** `one`, or `one and other`, or `one, other and third`. */
export function allOf(parts: readonly string[]): string {
  return parts.length <= 1 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
