import type { Account } from "./state/account.ts";

const CLUSTER_LABEL = "cluster-name";

/** What of a cluster is still there. A firewall rule has no labels: its description names the cluster, or else its name does. */
export function leftoversOf(
  { vms, firewalls }: Account,
  clusterName: string,
): readonly { readonly kind: string; readonly id: string }[] {
  const rules = [...firewalls.values()].filter(({ name, spec }) => {
    const [, described] = /(?:^|\s)cluster-name=(\S+)/u.exec(spec.description ?? "") ?? [];
    return described === undefined ? name.startsWith(`${clusterName}-`) : described === clusterName;
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
