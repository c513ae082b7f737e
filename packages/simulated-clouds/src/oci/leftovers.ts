import type { Account } from "./state/account.ts";
import type { Resource } from "./state/resource.ts";

interface Leftover {
  readonly kind: string;
  readonly id: string;
}

/** Everything that is still there and whose name or tags tell that cluster's name; boot volumes by the instance that had them. */
export function leftoversOf(account: Account, clusterName: string): readonly Leftover[] {
  const names = new RegExp(`(?:^|[^\\w])${clusterName}(?:[^\\w]|$)`, "u");
  const isOurs = ({ displayName, freeformTags, definedTags }: Resource): boolean => {
    const defined = Object.values(definedTags).flatMap((tags) => Object.values(tags).map(String));
    return [displayName, ...Object.values(freeformTags), ...defined].some((text) => names.test(text));
  };
  const instances = account.instances.all.filter(isOurs);
  const ids = new Set(instances.map(({ id }) => id));
  const parts: Readonly<Record<string, readonly Resource[]>> = {
    instance: instances.filter(({ terminatedAt }) => terminatedAt === undefined),
    "boot volume": account.bootVolumes.all.filter(
      (volume) =>
        volume.terminatedAt === undefined &&
        !volume.isAttached &&
        (isOurs(volume) || (volume.instanceId !== undefined && ids.has(volume.instanceId))),
    ),
    "instance pool": account.pools.all.filter((pool) => pool.terminatedAt === undefined && isOurs(pool)),
    "instance configuration": account.configurations.all.filter(isOurs),
    "network security group": account.groups.all.filter(isOurs),
    "console history": account.consoles.all.filter(isOurs),
    subnet: account.subnets.all.filter(isOurs),
    VCN: account.vcns.all.filter(isOurs),
  };
  return Object.entries(parts).flatMap(([kind, items]) => items.map(({ id }) => ({ kind, id })));
}
