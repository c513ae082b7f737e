import type { Finding, FindingState } from "../../index.ts";

const MARKS: Readonly<Record<FindingState, string>> = { good: "✓", bad: "✗", unknown: "?" };
/** Of the longest title: lines appear one by one, so that the others are not known. */
const TITLE_WIDTH = 22;

/** A finding for people: what was found, and below it the step that mends it. */
export function findingLines({ state, title, found, remedy }: Finding): string {
  const line = `  ${MARKS[state]} ${title.padEnd(TITLE_WIDTH)}  ${found}`;
  if (remedy === undefined) return line;
  const [first = "", ...others] = remedy.split("\n");
  return [line, `      → ${first}`, ...others.map((other) => `        ${other}`)].join("\n");
}

/** What keeps a provider from being looked at, on one line: somebody who does not use it has nothing to mend. */
export function notSetUpLine(name: string, { title, found, remedy }: Finding): string {
  const [step = ""] = (remedy ?? "").split("\n");
  return `– ${name} is not set up (${title}: ${found}). ${step}`.trimEnd();
}
