import type { Finding } from "../../src/provider/checkup.ts";

/** The findings of a checkup, by topic. */
export async function findingsOf(checkup: AsyncIterable<Finding>): Promise<ReadonlyMap<string, Finding>> {
  const findings = new Map<string, Finding>();
  for await (const finding of checkup) findings.set(finding.topic, finding);
  return findings;
}

/** The topics of those that are not good, with their states: `["quota", "unknown"]`. */
export function notGood(findings: ReadonlyMap<string, Finding>): readonly (readonly [string, string])[] {
  return [...findings.values()].flatMap(({ topic, state }) => (state === "good" ? [] : [[topic, state] as const]));
}
