/** The lab's own addresses. They are in a network namespace that has no way out, so nobody else's can be meant by them. */
export const PRIVATE_CIDR = "10.77.0.0/16";
export const PUBLIC_CIDR = "10.78.0.0/16";
export const NETMASK = "255.255.0.0";
/** The launcher's side of the bridge, and every machine's way to the metadata service. */
export const GATEWAY = "10.77.255.254";
/** Where the launcher is for a firewall, when it is inside the network. */
export const LAUNCHER_INSIDE = GATEWAY;
/** Where clouds have their metadata service, and Azure its wire server too. */
export const METADATA = "169.254.169.254";
export const WIRE_SERVER = "168.63.129.16";
/** Hosts of the internet that machines ask for software; upstream.ts answers for them on the gateway. */
export const UPSTREAM_HOSTS = ["deb.debian.org", "download.docker.com", "registry.lab"] as const;

/** A machine's hardware address: that of its private address. */
export function macOf(address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `02:00:${bytes.join(":")}`;
}
