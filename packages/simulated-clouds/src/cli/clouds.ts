import type { HttpCloud, HttpCloudOptions } from "../core/http-cloud.ts";

/** A cloud that the command can start. */
export interface CommandCloud extends HttpCloud {
  /** Variables with which the cloud's own SDK, and dask-fleet, find it. */
  environment(): Readonly<Record<string, string>>;
}

/** What the command asks of a cloud. */
export interface CloudSettings extends HttpCloudOptions {
  readonly throttling: boolean;
  /** The capacity in machines. Undefined: unlimited. */
  readonly room: number | undefined;
}

interface CloudKind {
  readonly title: string;
  /** Its part of the names of dask-fleet's variables. */
  readonly section: string;
  /** Loads only this cloud: one that reads its SDK's description needs that SDK, and no other. */
  create(settings: CloudSettings): Promise<CommandCloud>;
}

/** Each cloud's name for the machines that `--room` limits. */
function capacity<Key extends string>(key: Key, room: number | undefined): { capacity?: Record<Key, number>[] } {
  return room === undefined ? {} : { capacity: [{ [key]: room } as Record<Key, number>] };
}

export const CLOUDS: Readonly<Record<string, CloudKind>> = {
  ec2: {
    title: "Amazon EC2",
    section: "EC2",
    async create({ room, ...settings }) {
      const { SimulatedEc2 } = await import("../ec2/index.ts");
      return new SimulatedEc2({ ...settings, ...capacity("instances", room) });
    },
  },
  gcp: {
    title: "Google Compute Engine",
    section: "GCP",
    async create({ room, ...settings }) {
      const { SimulatedGcp } = await import("../gcp/index.ts");
      return new SimulatedGcp({ ...settings, ...capacity("vms", room) });
    },
  },
  azure: {
    title: "Azure",
    section: "AZURE__AZUREVM",
    async create({ room, ...settings }) {
      const { SimulatedAzure } = await import("../azure/index.ts");
      return new SimulatedAzure({ ...settings, ...capacity("machines", room) });
    },
  },
  oci: {
    title: "Oracle Cloud",
    section: "OCI",
    async create({ room, ...settings }) {
      const { SimulatedOci } = await import("../oci/index.ts");
      return new SimulatedOci({ ...settings, ...capacity("instances", room) });
    },
  },
  digitalocean: {
    title: "DigitalOcean",
    section: "DIGITALOCEAN",
    async create({ room, ...settings }) {
      const { SimulatedDigitalOcean } = await import("../digitalocean/index.ts");
      return new SimulatedDigitalOcean({ ...settings, ...capacity("droplets", room) });
    },
  },
};
