/** What a machine is, seen from inside the cloud, when its power is switched on. */
export interface MachineInput {
  readonly id: string;
  /** What the cloud writes to `/etc/hostname`; it may have a domain. */
  readonly hostname: string;
  /** What cloud-init finds as the instance id. */
  readonly instanceId: string;
  /** An unused address of this computer or of the lab (test/machines). */
  readonly privateAddress: string;
  readonly publicAddress?: string | undefined;
  /** An address that is the same inside and outside; on loopback an IPv4 one in disguise (ipv6.ts). */
  readonly ipv6Address?: string | undefined;
  /** Whether it has no other address: then only the simulation itself knows it by its `privateAddress`. */
  readonly ipv6Only?: boolean | undefined;
  /** What was sent over the wire, with the wire's own base64 taken off and nothing else. */
  readonly userData: Buffer | undefined;
  /** Whether its image has cloud-init; without it the user data is ignored. @default true */
  readonly cloudInit?: boolean | undefined;
  /** What the cloud's metadata service tells under names of the caller's own, as it came over the wire. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Variables by which programs on it find what a real machine has at fixed addresses, such as the metadata service. */
  readonly surroundings?: Readonly<Record<string, string>> | undefined;
  /** What its cloud signs about it for a key with that SHA-256. Undefined: it signs nothing. */
  identity?(key256: string): string | undefined;
  /** Whether the firewall, as it is now, lets a source address reach one of this machine's TCP ports. */
  admits(source: string, port: number): boolean;
}

/** A machine that runs. */
export interface BootedMachine {
  /** The TCP ports on which it listens for others on its private address. Its public address has doors to these. */
  readonly listens: readonly number[];
  /** Resolves when the machine has powered itself off (a guest shutdown); pending for ever where it stays on. Never rejects. */
  readonly ended: Promise<void>;
  /** What it has printed so far, from its first line; also once the power is off. */
  console(): Promise<string>;
  /** Takes its power away at once: when this resolves, nothing of it runs. May be called again. */
  powerOff(): Promise<void>;
}

/** Boots machines. `boot` is called when a machine's own boot time is over, and must not wait for Dask to be up. */
export interface Bootloader {
  boot(machine: MachineInput): Promise<BootedMachine>;
}
