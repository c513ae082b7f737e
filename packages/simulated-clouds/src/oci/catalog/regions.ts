interface Region {
  readonly name: string;
  /** In OCIDs, and as other services know it. */
  readonly key: string;
  /** How availability domains are called, without their tenancy's prefix and their number. */
  readonly domain: string;
  readonly domains: 1 | 3;
}

export const REGIONS: readonly Region[] = [
  { name: "us-ashburn-1", key: "iad", domain: "US-ASHBURN-AD", domains: 3 },
  { name: "us-phoenix-1", key: "phx", domain: "PHX-AD", domains: 3 },
  { name: "eu-frankfurt-1", key: "fra", domain: "EU-FRANKFURT-1-AD", domains: 3 },
  { name: "uk-london-1", key: "lhr", domain: "UK-LONDON-1-AD", domains: 3 },
  { name: "eu-amsterdam-1", key: "ams", domain: "EU-AMSTERDAM-1-AD", domains: 1 },
  { name: "ap-tokyo-1", key: "nrt", domain: "AP-TOKYO-1-AD", domains: 1 },
  { name: "sa-saopaulo-1", key: "gru", domain: "SA-SAOPAULO-1-AD", domains: 1 },
];

export const FAULT_DOMAINS: readonly string[] = ["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"];

/** Each tenancy has a prefix of its own, so that its AD-1 is not everybody's. */
const TENANCY_PREFIX = "Uocm";

export function regionNamed(name: string): Region {
  const region = REGIONS.find((each) => each.name === name);
  if (region === undefined) throw new Error(`There is no simulated region ${name}`);
  return region;
}

/** Such as `Uocm:US-ASHBURN-AD-1`. */
export function availabilityDomains({ domain, domains }: Region): readonly string[] {
  return Array.from({ length: domains }, (_, index) => `${TENANCY_PREFIX}:${domain}-${index + 1}`);
}
