/** The lab's own addresses, in a network namespace without a way out, so that they reach no real host. */
export const PRIVATE_CIDR = "10.77.0.0/16";
export const PUBLIC_CIDR = "10.78.0.0/16";
export const NETMASK = "255.255.0.0";
/** The launcher's side of the bridge, and every machine's way to the metadata service. */
export const GATEWAY = "10.77.255.254";
/** Of a lab with IPv6: a machine's address ends as its private one. */
export const IPV6_PREFIX = "2001:db8:77::";
export const IPV6_CIDR = `${IPV6_PREFIX}/64`;
/** The launcher's side of the bridge. */
export const IPV6_GATEWAY = `${IPV6_PREFIX}1`;
/** Where EC2 has its metadata service for machines without IPv4. */
export const METADATA_IPV6 = "fd00:ec2::254";
/** Where the launcher is for a firewall, when it is inside the network. */
export const LAUNCHER_INSIDE = GATEWAY;
/** Where clouds have their metadata service, and Azure its wire server too. */
export const METADATA = "169.254.169.254";
export const WIRE_SERVER = "168.63.129.16";
/** Hosts of the internet that machines ask for software; upstream.ts answers for them on the gateway. */
export const UPSTREAM_HOSTS = ["deb.debian.org", "download.docker.com", "registry.lab"] as const;

/** The domain of Oracle's services, which upstream.ts hands on. */
export const ORACLE = "oraclecloud.com";

/** A machine's hardware address: that of its private address. */
export function macOf(address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `02:00:${bytes.join(":")}`;
}

export function ipv6Of(address: string): string {
  const [a = "0", b = "0"] = macOf(address).split(":").slice(2).join("").match(/.{4}/gu) ?? [];
  return canonicalIpv6(`${IPV6_PREFIX}${a}:${b}`);
}

/** The address of a machine's interface before it has any other (EUI-64). */
export function linkLocalOf(address: string): string {
  const [, second = "", third = "", fourth = "", fifth = "", sixth = ""] = macOf(address).split(":");
  // The first byte of our hardware addresses says that they are local ones; here that bit is turned round.
  return canonicalIpv6(`fe80::00${second}:${third}ff:fe${fourth}:${fifth}${sixth}`);
}

/** As the kernel writes it. */
export function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
