/**
 * What is read of the machines and disks in a list. Without it, each machine comes with its user data, some 25 KB, at every look.
 * The SDK has no parameter for it: Compute Engine takes it in the query of any call.
 */
const FIELDS: Readonly<Record<string, string>> = {
  "/aggregated/instances":
    "items/*/instances(name,zone,status,labels,machineType,creationTimestamp,networkInterfaces(networkIP,ipv6Address,accessConfigs/natIP,ipv6AccessConfigs/externalIpv6))," +
    "items/*/warning,nextPageToken",
  "/aggregated/disks": "items/*/disks(name,zone,labels,users),items/*/warning,nextPageToken",
};

/** Asks for the fields that are read, if the request is for one of those lists. */
export function selectFields(url: URL): void {
  const [, list = ""] = /(\/aggregated\/\w+)$/u.exec(url.pathname) ?? [];
  const fields = FIELDS[list];
  if (fields !== undefined) url.searchParams.set("fields", fields);
}
