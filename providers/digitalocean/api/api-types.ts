// The parts of DigitalOcean's answers that are used. The types of digitalocean-js lack some.

export interface Account {
  readonly droplet_limit: number;
  readonly uuid?: string;
  readonly email?: string;
  /** Such as `active`, `warning` or `locked`. */
  readonly status?: string;
  /** Whose context the token works in, if it is a team's. */
  readonly team?: { readonly uuid?: string; readonly name?: string } | null;
}

export interface Droplet {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly size_slug?: string;
  /** Whole seconds. */
  readonly created_at?: string;
  readonly tags: readonly string[];
  readonly networks?: { readonly v4?: readonly DropletAddress[]; readonly v6?: readonly DropletAddress[] } | null;
}

interface DropletAddress {
  readonly ip_address: string;
  readonly type: string;
}

export interface Size {
  readonly slug: string;
  /** GB. */
  readonly disk: number;
  readonly regions: readonly string[];
  readonly available: boolean;
  readonly gpu_info?: { readonly count?: number; readonly model?: string } | null;
}

export interface Image {
  readonly id: number;
  readonly slug?: string | null;
  readonly name: string;
  readonly distribution?: string;
  readonly regions: readonly string[];
  readonly min_disk_size?: number | null;
  readonly status?: string;
}

export interface Vpc {
  readonly id: string;
  readonly region: string;
  readonly ip_range: string;
  readonly default?: boolean;
}

export interface Firewall {
  readonly id: string;
  readonly name: string;
}

export interface Tag {
  readonly name: string;
}
