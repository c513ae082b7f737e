/** What a VM is asked for with: the fields of `Instance` and `InstanceProperties` that this simulation knows about. */
export interface InstanceInput {
  readonly name?: string;
  readonly description?: string;
  readonly hostname?: string;
  readonly machineType?: string;
  readonly disks?: readonly DiskInput[];
  readonly networkInterfaces?: readonly NetworkInterfaceInput[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly tags?: { readonly items?: readonly string[] };
  readonly metadata?: { readonly items?: readonly MetadataItem[] };
  readonly serviceAccounts?: readonly ServiceAccountInput[];
  readonly scheduling?: SchedulingInput;
  readonly guestAccelerators?: readonly AcceleratorInput[];
  readonly shieldedInstanceConfig?: ShieldedInput;
  readonly deletionProtection?: boolean;
  readonly canIpForward?: boolean;
}

export interface DiskInput {
  readonly boot?: boolean;
  readonly autoDelete?: boolean;
  readonly deviceName?: string;
  readonly diskSizeGb?: string | number;
  readonly source?: string;
  readonly type?: string;
  readonly mode?: string;
  readonly interface?: string;
  readonly initializeParams?: {
    readonly diskName?: string;
    readonly diskSizeGb?: string | number;
    readonly diskType?: string;
    readonly sourceImage?: string;
    readonly sourceSnapshot?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly description?: string;
  };
}

export interface NetworkInterfaceInput {
  readonly network?: string;
  readonly subnetwork?: string;
  readonly networkIP?: string;
  readonly accessConfigs?: readonly AccessConfigInput[];
  readonly ipv6AccessConfigs?: readonly AccessConfigInput[];
  readonly stackType?: string;
  readonly nicType?: string;
}

export interface AccessConfigInput {
  readonly name?: string;
  readonly type?: string;
  readonly natIP?: string;
  readonly networkTier?: string;
}

export interface MetadataItem {
  readonly key?: string;
  readonly value?: string;
}

export interface ServiceAccountInput {
  readonly email?: string;
  readonly scopes?: readonly string[];
}

export interface AcceleratorInput {
  readonly acceleratorType?: string;
  readonly acceleratorCount?: number;
}

export interface DurationInput {
  readonly seconds?: string | number;
  readonly nanos?: number;
}

export interface SchedulingInput {
  readonly provisioningModel?: string;
  readonly preemptible?: boolean;
  readonly automaticRestart?: boolean;
  readonly onHostMaintenance?: string;
  readonly instanceTerminationAction?: string;
  readonly maxRunDuration?: DurationInput;
  readonly terminationTime?: string;
}

interface ShieldedInput {
  readonly enableSecureBoot?: boolean;
  readonly enableVtpm?: boolean;
  readonly enableIntegrityMonitoring?: boolean;
}
