import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import {
  GATEWAY,
  IPV6_GATEWAY,
  IPV6_PREFIX,
  macOf,
  METADATA,
  METADATA_IPV6,
  NETMASK,
  ORACLE,
  PRIVATE_CIDR,
  PUBLIC_CIDR,
  UPSTREAM_HOSTS,
  WIRE_SERVER,
} from "./ranges.ts";
import { run } from "./run.ts";

const BRIDGE = "lab0";
/** What clouds' networks carry in one frame at the most; a machine may be told so (OCI). */
const LARGEST_FRAME = 9000;

interface PlugOptions {
  readonly configured?: boolean | undefined;
  /** The only address that DHCP offers. */
  readonly ipv6Only?: string | undefined;
}

/** A bridge with DHCP, on which each machine has a network namespace of its own. */
export class LabNetwork implements AsyncDisposable {
  readonly #directory: string;
  readonly #dhcp: ChildProcess;

  /**
   * @param directory where DHCP keeps what it knows
   * @param ipv6 whether it has IPv6, too: addresses from DHCP, the way out from router advertisements, as on EC2
   */
  static async open(directory: string, { ipv6 = false } = {}): Promise<LabNetwork> {
    const hosts = join(directory, "dhcp-hosts");
    await mkdir(hosts, { recursive: true });
    await batch([
      // A bridge without a MAC address of its own takes a port's, and is unreachable for seconds when that port goes.
      `link add ${BRIDGE} mtu ${LARGEST_FRAME} address ${macOf(GATEWAY)} type bridge forward_delay 0`,
      `address add ${GATEWAY}/16 dev ${BRIDGE}`,
      `address add ${METADATA}/32 dev ${BRIDGE}`,
      `address add ${WIRE_SERVER}/32 dev ${BRIDGE}`,
      `link set ${BRIDGE} up`,
      ...(ipv6
        ? [
            `-6 address add ${IPV6_GATEWAY}/64 dev ${BRIDGE} nodad`,
            `-6 address add ${METADATA_IPV6}/128 dev ${BRIDGE} nodad`,
          ]
        : []),
      // All public addresses belong to this namespace. Connections to them from here come from 127.0.0.1, as the
      // simulated clouds' address service says.
      `route add local ${PUBLIC_CIDR} dev lo src 127.0.0.1`,
    ]);
    const dhcp = spawn(
      "dnsmasq",
      [
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--user=root",
        "--group=root",
        `--log-facility=${join(directory, "dnsmasq.log")}`,
        `--pid-file=${join(directory, "dnsmasq.pid")}`,
        `--interface=${BRIDGE}`,
        "--except-interface=lo",
        "--bind-interfaces",
        // Other names do not resolve, and a cloud's DNS says so at once.
        "--no-resolv",
        "--no-hosts",
        "--local=/#/",
        ...[...UPSTREAM_HOSTS, ORACLE].map((host) => `--address=/${host}/${GATEWAY}`),
        `--dhcp-range=${PRIVATE_CIDR.split("/")[0]},static,${NETMASK},1h`,
        ...(ipv6 ? ["--enable-ra", `--dhcp-range=${IPV6_PREFIX},static,64,1h`] : []),
        `--dhcp-hostsdir=${hosts}`,
        `--dhcp-leasefile=${join(directory, "leases")}`,
        "--dhcp-authoritative",
        "--no-ping",
        `--dhcp-option=option:router,${GATEWAY}`,
        `--dhcp-option=option:dns-server,${GATEWAY}`,
        `--dhcp-option-force=245,${hexadecimal(WIRE_SERVER)}`,
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    await once(dhcp, "spawn");
    return new LabNetwork(directory, dhcp);
  }

  private constructor(directory: string, dhcp: ChildProcess) {
    this.#directory = directory;
    this.#dhcp = dhcp;
  }

  /** Makes the namespace `name`, whose eth0 is on the bridge. DHCP will offer it that address; with `configured` it has it. */
  async plug(name: string, address: string, { configured = false, ipv6Only }: PlugOptions): Promise<void> {
    await this.#offer(name, address, ipv6Only);
    await run("ip", ["netns", "add", name]);
    await batch([
      `link add ${portOf(name)} mtu ${LARGEST_FRAME} type veth peer name eth0 address ${macOf(address)} netns ${name}`,
      `link set ${portOf(name)} master ${BRIDGE} up`,
    ]);
    if (!configured) return;
    // Without a broadcast address Debian 12's networkd would set the address again and again, with all of a processor.
    await batch(
      [`address add ${address}/16 broadcast + dev eth0`, "link set eth0 up", `route add default via ${GATEWAY}`],
      name,
    );
  }

  /** Makes a network interface for a virtual machine, and gives its name. */
  async tap(name: string, address: string): Promise<string> {
    await this.#offer(name, address);
    await batch([`tuntap add dev ${portOf(name)} mode tap`, `link set ${portOf(name)} master ${BRIDGE} up`]);
    return portOf(name);
  }

  async removeTap(name: string): Promise<void> {
    await this.#withdraw(name);
  }

  /** Disconnects the machine in both directions, as when a switch fails. */
  async cut(name: string): Promise<void> {
    await batch([`link set ${portOf(name)} down`]);
  }

  async mend(name: string): Promise<void> {
    await batch([`link set ${portOf(name)} up`]);
  }

  async unplug(name: string): Promise<void> {
    // With its namespace its port would go later, at the kernel's leisure.
    await this.#withdraw(name);
    await run("ip", ["netns", "delete", name]);
  }

  async #offer(name: string, address: string, ipv6Only?: string): Promise<void> {
    const offered = ipv6Only === undefined ? address : `[${ipv6Only}]`;
    await writeFile(join(this.#directory, "dhcp-hosts", name), `${macOf(address)},${offered},infinite\n`);
  }

  async #withdraw(name: string): Promise<void> {
    await rm(join(this.#directory, "dhcp-hosts", name), { force: true });
    await batch([`link delete ${portOf(name)}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#dhcp.exitCode === null) {
      const exited = once(this.#dhcp, "exit");
      this.#dhcp.kill("SIGKILL");
      await exited;
    }
    await batch([`link delete ${BRIDGE}`, `route delete local ${PUBLIC_CIDR} dev lo`]);
  }
}

/** DHCP's option 245, by which Azure's machines find their wire server. */
function hexadecimal(address: string): string {
  return address
    .split(".")
    .map((part) => Number(part).toString(16))
    .join(":");
}

/** A network interface's name has at most 15 letters. */
function portOf(name: string): string {
  return `vb-${name}`;
}

/** Runs commands of `ip` one after the other. */
async function batch(commands: readonly string[], namespace?: string): Promise<void> {
  for (const command of commands) {
    await run("ip", [...(namespace === undefined ? [] : ["-n", namespace]), ...command.split(" ")]);
  }
}
