import { afterAll, afterEach, expect } from "vitest";

import { type Witness, witnesses } from "../../../packages/simulated-clouds/src/core/witnesses.ts";
import { SecretJudge } from "./judge.ts";

/**
 * Whether machines make their keys unless the `security` option says otherwise. Until then every cluster may be given keys in its user
 * data; from then on those that {@link mayCarryKeys} names.
 */
const JOIN_IS_DEFAULT = false;

const named = new Set<string>();
const judge = new SecretJudge({ mayCarryKeys: (name) => !JOIN_IS_DEFAULT || named.has(name) });

/** A test's cluster has `delivery: "user-data"`: its machines are given their keys. */
export function mayCarryKeys(clusterName: string): void {
  named.add(clusterName);
}

/** A value that no simulated cloud may be sent in this test. */
export function mustStaySecret(name: string, value: string): void {
  judge.mustStaySecret(name, value);
}

/** What this test's clouds were sent and must not be, which then is no failure. */
export function takeTold(): readonly string[] {
  return judge.take();
}

function judgeOfSecrets(...[request, cloud]: Parameters<Witness>): void {
  judge.hear(request, cloud);
}

witnesses.add(judgeOfSecrets);
// Test files of a project share a process.
afterAll(() => void witnesses.delete(judgeOfSecrets));

afterEach(() => {
  const told = judge.take();
  named.clear();
  expect(told, "secrets that simulated clouds were sent").toEqual([]);
});
