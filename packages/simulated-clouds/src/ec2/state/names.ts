/** The name of an instance inside its network. */
export function privateDnsName(region: string, address: string): string {
  const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  return `ip-${address.replaceAll(".", "-")}.${domain}`;
}

/** The name of an instance without an IPv4 address. */
export function resourceName(region: string, instanceId: string): string {
  const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  return `${instanceId}.${domain}`;
}

export function publicDnsName(region: string, address: string): string {
  const domain = region === "us-east-1" ? "compute-1.amazonaws.com" : `${region}.compute.amazonaws.com`;
  return `ec2-${address.replaceAll(".", "-")}.${domain}`;
}

/** A network card's hardware address, by its private address. */
export function macAddress(address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["0a", "00", ...bytes].join(":");
}
