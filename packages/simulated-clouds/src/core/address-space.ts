import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { Listening } from "../support/listening.ts";
import { asIpv6, asIpv6Range } from "./ipv6.ts";
import { formatAddress, parseCidr } from "./subnet.ts";

/** 127.64.0.0/10 and 127.192.0.0/10 have so many ranges of 65,536 addresses each. */
const RANGES = 64;
/** The process that listens here, on an address of no machine, owns the range. */
const CLAIM_HOST = "255.254";
const CLAIM_PORT = 8785;
/** Where several test runs share a computer, others give some back. A life whose faults never end takes its time-outs' time. */
const CLAIM_TIMEOUT_MS = 120_000;
const CLAIM_INTERVAL_MS = 200;

interface Ranges {
  /** What the cloud's networks are cut from, such as `127.64.0.0/16`. */
  readonly privateCidr: string;
  /** What public addresses are taken from, such as `127.192.0.0/16`. */
  readonly publicCidr: string;
  /** Where the launcher is for a firewall, when it is inside the network. No subnet gives it to a machine before it is full. */
  readonly launcherInside: string;
  /** IPv6 addresses of machines, by their private ones. Default: public addresses in disguise. */
  readonly ipv6?: Ipv6Addresses | undefined;
}

interface Ipv6Addresses {
  readonly cidr: string;
  of(privateAddress: string): string;
}

/** The addresses of one simulated cloud, exclusive while it runs. */
export class AddressSpace implements Ranges {
  readonly privateCidr: string;
  readonly publicCidr: string;
  readonly launcherInside: string;
  readonly ipv6Cidr: string;
  readonly #ipv6: Ipv6Addresses | undefined;
  readonly #claim: AsyncDisposable | undefined;

  /**
   * Claims loopback addresses that no other simulated cloud on this computer has, not even one of another process.
   *
   * @param options.withinMs how long it waits for some to be given back, in real milliseconds
   */
  static async claim({ withinMs = CLAIM_TIMEOUT_MS }: { readonly withinMs?: number } = {}): Promise<AddressSpace> {
    if (process.platform !== "linux") throw new Error("Simulated clouds need all of 127.0.0.0/8, which only Linux has");
    const until = performance.now() + withinMs;
    for (;;) {
      const claimed = await AddressSpace.#claimFree();
      if (claimed !== undefined) return claimed;
      if (performance.now() >= until) {
        throw new Error(`No addresses are free for a simulated cloud: ${RANGES} run on this computer`);
      }
      await sleep(CLAIM_INTERVAL_MS);
    }
  }

  static async #claimFree(): Promise<AddressSpace | undefined> {
    const first = randomInt(RANGES);
    for (let tried = 0; tried < RANGES; tried++) {
      const range = (first + tried) % RANGES;
      const claim = await listen(`127.${64 + range}.${CLAIM_HOST}`);
      if (claim === undefined) continue;
      const ranges = {
        privateCidr: `127.${64 + range}.0.0/16`,
        publicCidr: `127.${192 + range}.0.0/16`,
        launcherInside: `127.${64 + range}.255.253`,
      };
      return new AddressSpace(ranges, claim);
    }
    return undefined;
  }

  /** @param claim what makes sure that they are free; without it, the caller does */
  constructor({ privateCidr, publicCidr, launcherInside, ipv6 }: Ranges, claim?: AsyncDisposable) {
    this.privateCidr = privateCidr;
    this.publicCidr = publicCidr;
    this.launcherInside = launcherInside;
    this.ipv6Cidr = ipv6?.cidr ?? asIpv6Range(publicCidr);
    this.#ipv6 = ipv6;
    this.#claim = claim;
  }

  /** A range of the network: `subnetCidr(1, 20)` is `127.64.16.0/20` where the network is `127.64.0.0/16`. */
  subnetCidr(index: number, bits: number): string {
    const { first, size } = parseCidr(this.privateCidr);
    const each = 2 ** (32 - bits);
    if (index * each + each > size) throw new Error(`${this.privateCidr} has no range ${index} of /${bits}`);
    return `${formatAddress(first + index * each)}/${bits}`;
  }

  /** The IPv6 address of a new machine. `takePublic` gives an unused public IPv4 address. */
  ipv6Of(privateAddress: string, takePublic: () => string): string {
    return this.#ipv6?.of(privateAddress) ?? asIpv6(takePublic());
  }

  async release(): Promise<void> {
    await this.#claim?.[Symbol.asyncDispose]();
  }
}

async function listen(host: string): Promise<Listening | undefined> {
  try {
    return await Listening.open(createServer(), CLAIM_PORT, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}
