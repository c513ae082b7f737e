import type { Account } from "./account.ts";
import type { Resource } from "./registry.ts";

/** Everything with that `cluster-name` tag that still exists, and so may cost money or be in the way. */
export function leftoversOf(account: Account, clusterName: string): { readonly kind: string; readonly id: string }[] {
  const kinds: Readonly<Record<string, readonly Resource[]>> = {
    instance: account.instances.all.filter(({ state }) => state !== "terminated"),
    volume: account.volumes.all,
    // What is being detached goes by itself.
    "network interface": account.interfaces.all.filter(
      ({ instanceId, deleteOnTermination }) => instanceId !== undefined || !deleteOnTermination,
    ),
    "security group": account.groups.all,
    "spot request": account.spotRequests.all.filter(({ state }) => state === "active"),
  };
  return Object.entries(kinds).flatMap(([kind, resources]) =>
    resources.filter(({ tags }) => tags.get("cluster-name") === clusterName).map(({ id }) => ({ kind, id })),
  );
}
