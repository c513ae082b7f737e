import type { SimClock } from "../../core/clock.ts";
import type { SimMachine } from "../../core/machine.ts";
import { selfLink } from "../links.ts";
import type { Disk } from "./disks.ts";
import { fingerprintOf, numberOf, timestamp } from "./identity.ts";
import type { VmPlan } from "./vm-plan.ts";

/** As in `Instance.status`. */
export type VmStatus = "PROVISIONING" | "STAGING" | "RUNNING" | "STOPPING" | "TERMINATED";

/** A VM, from the moment that its insert was accepted until it is gone. */
export class Vm {
  readonly id: string;
  readonly name: string;
  readonly plan: VmPlan;
  readonly machine: SimMachine;
  readonly disks: readonly Disk[];
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  /** When the cloud will stop or delete it, in simulated milliseconds. */
  readonly terminatesAt: number | undefined;
  labels: Readonly<Record<string, string>>;
  #deleting = false;
  readonly #clock: SimClock;
  readonly #stagingMs: number;
  #shown:
    | { readonly status: VmStatus; readonly labels: Vm["labels"]; readonly json: Readonly<Record<string, unknown>> }
    | undefined;

  constructor(
    name: string,
    plan: VmPlan,
    made: {
      readonly machine: SimMachine;
      readonly disks: readonly Disk[];
      readonly gone: Promise<void>;
      readonly terminatesAt: number | undefined;
      /** How long it is provisioned before it is staged, in simulated milliseconds. */
      readonly stagingMs: number;
    },
    clock: SimClock,
  ) {
    this.name = name;
    this.plan = plan;
    this.id = made.machine.id;
    this.machine = made.machine;
    this.disks = made.disks;
    this.gone = made.gone;
    this.terminatesAt = made.terminatesAt;
    this.labels = plan.input.labels ?? {};
    this.#stagingMs = made.stagingMs;
    this.#clock = clock;
  }

  get path(): string {
    return vmPath(this.plan, this.name);
  }

  get status(): VmStatus {
    const { state, createdAt } = this.machine;
    if (state === "pending") return this.#clock.now() < createdAt + this.#stagingMs ? "PROVISIONING" : "STAGING";
    if (state === "running") return "RUNNING";
    return state === "stopped" ? "TERMINATED" : "STOPPING";
  }

  /** Whether it takes up a place in its zone, and vCPUs of the quota. */
  get takesCapacity(): boolean {
    return this.machine.state !== "stopped";
  }

  get labelFingerprint(): string {
    return fingerprintOf(this.labels);
  }

  /** Takes its power away; after a while it is stopped, and its disks still cost money. */
  stop(): void {
    this.machine.stop();
  }

  /** Resolves when it is stopped or gone. */
  async stopped(): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.machine.state === "stopped" || this.machine.state === "gone") resolve();
        else this.#clock.after(1000, look);
      };
      look();
    });
  }

  /** Whether it is on its way out. */
  get deleting(): boolean {
    return this.#deleting;
  }

  /** After a while it is gone. */
  destroy(): void {
    const { state } = this.machine;
    this.#deleting = true;
    if (state === "gone") return;
    this.machine.destroy();
    // A machine that is being stopped takes no other order before it is stopped.
    if (state === "stopping") this.#clock.after(1000, () => this.destroy());
  }

  /** As the API shows it. A list of many VMs asks for it often, and it seldom changes. */
  toJson(): Readonly<Record<string, unknown>> {
    const { status, labels } = this;
    if (this.#shown?.status !== status || this.#shown.labels !== labels) {
      this.#shown = { status, labels, json: this.#json(status) };
    }
    return this.#shown.json;
  }

  #json(status: VmStatus): Readonly<Record<string, unknown>> {
    const { plan, machine } = this;
    const { input, project, zone, machineType, tags, gpus, scheduling } = plan;
    const zonePath = `projects/${project}/zones/${zone}`;
    const email = `${numberOf(project)}-compute@developer.gserviceaccount.com`;
    return {
      kind: "compute#instance",
      id: this.id,
      creationTimestamp: timestamp(machine.createdAt),
      name: this.name,
      description: input.description ?? "",
      ...(input.hostname === undefined ? {} : { hostname: input.hostname }),
      tags: { ...(tags.length === 0 ? {} : { items: tags }), fingerprint: fingerprintOf(tags) },
      machineType: selfLink(`${zonePath}/machineTypes/${machineType.name}`),
      status,
      zone: selfLink(zonePath),
      canIpForward: input.canIpForward ?? false,
      networkInterfaces: [this.#networkJson()],
      disks: this.disks.map((disk, index) => disk.attachedJson(index)),
      metadata: {
        kind: "compute#metadata",
        fingerprint: fingerprintOf(input.metadata?.items),
        ...(input.metadata?.items === undefined ? {} : { items: input.metadata.items }),
      },
      ...(input.serviceAccounts === undefined || input.serviceAccounts.length === 0
        ? {}
        : {
            serviceAccounts: input.serviceAccounts.map((account) => {
              return { email: account.email === "default" ? email : account.email, scopes: account.scopes };
            }),
          }),
      selfLink: selfLink(this.path),
      scheduling: scheduling.json,
      cpuPlatform: machineType.family.cpuPlatform,
      ...(Object.keys(this.labels).length === 0 ? {} : { labels: this.labels }),
      labelFingerprint: this.labelFingerprint,
      ...(gpus.length === 0
        ? {}
        : {
            guestAccelerators: gpus.map(({ type, count }) => {
              return { acceleratorType: selfLink(`${zonePath}/acceleratorTypes/${type}`), acceleratorCount: count };
            }),
          }),
      startRestricted: false,
      deletionProtection: input.deletionProtection ?? false,
      shieldedInstanceConfig: {
        enableSecureBoot: input.shieldedInstanceConfig?.enableSecureBoot ?? false,
        enableVtpm: input.shieldedInstanceConfig?.enableVtpm ?? true,
        enableIntegrityMonitoring: input.shieldedInstanceConfig?.enableIntegrityMonitoring ?? true,
      },
      shieldedInstanceIntegrityPolicy: { updateAutoLearnPolicy: true },
      fingerprint: fingerprintOf([this.id, status]),
      lastStartTimestamp: timestamp(machine.createdAt),
      resourceStatus:
        this.terminatesAt === undefined ? {} : { scheduling: { terminationTimestamp: timestamp(this.terminatesAt) } },
    };
  }

  #networkJson(): Record<string, unknown> {
    const { network, subnetwork, accessConfig, stackType } = this.plan;
    const { privateAddress, publicAddress } = this.machine.input;
    // A stopped VM has given its public address back.
    const natIP = this.machine.state === "stopped" ? {} : { natIP: publicAddress };
    return {
      kind: "compute#networkInterface",
      name: "nic0",
      network: selfLink(network.path),
      subnetwork: selfLink(subnetwork.path),
      ...(stackType === "IPV6_ONLY" ? {} : { networkIP: privateAddress }),
      fingerprint: fingerprintOf(privateAddress),
      stackType,
      ...this.#ipv6Json(),
      ...(accessConfig === undefined
        ? {}
        : {
            accessConfigs: [
              {
                kind: "compute#accessConfig",
                type: "ONE_TO_ONE_NAT",
                name: accessConfig.name ?? "External NAT",
                ...natIP,
                networkTier: accessConfig.networkTier ?? "PREMIUM",
              },
            ],
          }),
    };
  }

  #ipv6Json(): Record<string, unknown> {
    const { subnetwork, ipv6AccessConfig } = this.plan;
    const { ipv6Address } = this.machine.input;
    if (ipv6Address === undefined) return {};
    const { ipv6AccessType } = subnetwork;
    if (ipv6AccessConfig === undefined) return { ipv6AccessType, ipv6Address, internalIpv6PrefixLength: 96 };
    const config = {
      kind: "compute#accessConfig",
      type: "DIRECT_IPV6",
      name: ipv6AccessConfig.name ?? "external-ipv6",
      externalIpv6: ipv6Address,
      externalIpv6PrefixLength: 96,
      networkTier: "PREMIUM",
    };
    return { ipv6AccessType, ipv6AccessConfigs: [config] };
  }
}

export function vmPath({ project, zone }: { readonly project: string; readonly zone: string }, name: string): string {
  return `projects/${project}/zones/${zone}/instances/${name}`;
}
