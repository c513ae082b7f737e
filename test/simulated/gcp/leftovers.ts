import type { Account } from "./state/account.ts";

const CLUSTER_LABEL = "cluster-name";

/** What of a cluster is still there. A firewall rule has no labels: its name begins with the cluster's, or its description has it. */
export function leftoversOf(
  { vms, firewalls }: Account,
  clusterName: string,
): readonly { readonly kind: string; readonly id: string }[] {
  const named = new RegExp(`(?<![a-z0-9-])${clusterName}(?![a-z0-9])`, "u");
  const rules = [...firewalls.values()].filter(({ name, spec }) => {
    return named.test(name) || named.test(spec.description ?? "");
  });
  return [
    ...vms.all
      .filter(({ labels }) => labels[CLUSTER_LABEL] === clusterName)
      .map(({ path }) => ({ kind: "instance", id: path })),
    ...vms.disks
      .filter(({ plan, madeFor }) => (plan.labels[CLUSTER_LABEL] ?? madeFor[CLUSTER_LABEL]) === clusterName)
      .map(({ path }) => ({ kind: "disk", id: path })),
    ...rules.map(({ path }) => ({ kind: "firewall", id: path })),
  ];
}
