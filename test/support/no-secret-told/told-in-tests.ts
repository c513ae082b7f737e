import type { Witness } from "../../../packages/simulated-clouds/src/core/witnesses.ts";
import { SecretJudge } from "./judge.ts";

/** Of the tests of one file: some run at the same time. A module of its own, because setup files are run anew for each file. */
const named = new Set<string>();
const judge = new SecretJudge({ mayCarryKeys: (name) => named.has(name) });

/** A test's cluster has `delivery: "user-data"` or certificates of its own: its machines are given their keys. Before it starts. */
export function mayCarryKeys<Cluster extends { readonly name: string }>(cluster: Cluster): Cluster {
  named.add(cluster.name);
  return cluster;
}

/** A value that no simulated cloud may be sent in this test's file. */
export function mustStaySecret(name: string, value: string): void {
  judge.mustStaySecret(name, value);
}

/** What clouds were sent since the last call and must not be, which then is no failure. */
export function takeTold(): readonly string[] {
  return judge.take();
}

/** After a file's tests: whose keys may be told, and what must stay secret. */
export function forgetTold(): void {
  named.clear();
  judge.forget();
}

export const judgeOfSecrets: Witness = (request, cloud) => judge.hear(request, cloud);
