import type { Tags } from "./bodies/common.ts";
import type { Account } from "./state/account.ts";

const CLUSTER_TAG = "cluster-name";

interface Tagged {
  readonly name: string;
  readonly tags: Tags;
  readonly madeFor?: Tags;
}

interface Leftover {
  readonly kind: string;
  readonly id: string;
}

/** Leftovers of a cluster. Parts deleted with an existing VM are not listed on their own; parts that outlive it are. */
export function leftoversOf(account: Account, clusterName: string): readonly Leftover[] {
  const of = (kind: string, items: readonly Tagged[]): readonly Leftover[] =>
    items
      .filter(({ tags, madeFor }) => (tags[CLUSTER_TAG] ?? madeFor?.[CLUSTER_TAG]) === clusterName)
      .map(({ name }) => ({ kind, id: name }));
  const nics = account.nics.all.filter(({ vm, deletes }) => vm === undefined || !deletes);
  return [
    ...of(
      "virtual machine",
      account.vms.all.map(({ name, plan: { tags } }) => ({ name, tags })),
    ),
    ...of("scale set", account.scaleSets.all),
    ...of("network interface", nics),
    ...of(
      "public address",
      account.publicAddresses.all.filter(({ nic, deletes }) => nic === undefined || nics.includes(nic) || !deletes),
    ),
    ...of(
      "disk",
      account.disks.all.filter(({ vm, deletes }) => vm === undefined || !deletes),
    ),
    ...of("security group", account.securityGroups.all),
    ...of("application security group", account.applicationGroups.all),
    ...of("virtual network", account.networks.all),
  ];
}
