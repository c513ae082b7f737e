import type { SimClock } from "../core/clock.ts";
import type { SimMachine } from "../core/machine.ts";
import type { DropletBody } from "./bodies.ts";
import { type ImageEntry, SIZES } from "./catalog.ts";

/** What DigitalOcean says of a droplet's life. */
export type DropletStatus = "new" | "active" | "off";

interface DropletSetting {
  readonly id: number;
  readonly name: string;
  readonly region: string;
  readonly body: DropletBody;
  readonly image: ImageEntry;
  readonly vpc: string;
  readonly machine: SimMachine;
  readonly clock: SimClock;
  /** When its addresses become visible. */
  readonly addressedAt: number;
}

export class Droplet {
  readonly id: number;
  readonly name: string;
  readonly region: string;
  readonly size: string;
  readonly machine: SimMachine;
  readonly tags: Set<string>;
  readonly userData: Buffer | undefined;
  /** Its deletion was accepted. */
  deleting = false;
  readonly #setting: DropletSetting;

  constructor(setting: DropletSetting) {
    const { id, name, region, body, machine } = setting;
    this.id = id;
    this.name = name;
    this.region = region;
    this.size = body.size;
    this.machine = machine;
    this.tags = new Set(body.tags);
    this.userData = body.user_data === undefined ? undefined : Buffer.from(body.user_data);
    this.#setting = setting;
  }

  get image(): ImageEntry {
    return this.#setting.image;
  }

  get exists(): boolean {
    return this.machine.state !== "gone";
  }

  get status(): DropletStatus {
    const { state } = this.machine;
    if (state === "pending") return "new";
    return state === "stopped" ? "off" : "active";
  }

  /** Tags are applied a moment after a droplet is made. */
  get isTagged(): boolean {
    return this.machine.visible;
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { body, image, vpc, machine } = this.#setting;
    const size = SIZES.find(({ slug }) => slug === body.size);
    const { clock, addressedAt } = this.#setting;
    const { privateAddress, publicAddress, ipv6Address } = machine.input;
    const known = clock.now() >= addressedAt;
    const network = (type: string, ip_address: string | undefined): readonly object[] =>
      known && ip_address !== undefined
        ? [{ ip_address, netmask: "255.255.0.0", gateway: type === "public" ? "203.0.113.1" : "<nil>", type }]
        : [];
    return {
      id: this.id,
      name: this.name,
      memory: size?.memory,
      vcpus: size?.vcpus,
      disk: size?.disk,
      locked: this.status === "new",
      status: this.status,
      created_at: `${new Date(machine.createdAt).toISOString().slice(0, 19)}Z`,
      features: [
        "droplet_agent",
        ...(body.ipv6 === true ? ["ipv6"] : []),
        ...(body.monitoring === true ? ["monitoring"] : []),
      ],
      backup_ids: [],
      next_backup_window: null,
      snapshot_ids: [],
      image,
      volume_ids: [],
      size,
      size_slug: body.size,
      networks: {
        v4: [...network("private", privateAddress), ...network("public", publicAddress)],
        v6:
          known && ipv6Address !== undefined
            ? [{ ip_address: ipv6Address, netmask: 64, gateway: "2604:a880::1", type: "public" }]
            : [],
      },
      region: { name: this.region, slug: this.region, features: [], available: true, sizes: [] },
      tags: this.isTagged ? [...this.tags] : [],
      vpc_uuid: vpc,
    };
  }
}
