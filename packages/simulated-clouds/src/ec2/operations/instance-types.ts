import type {
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult,
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
  InstanceTypeInfo,
} from "@aws-sdk/client-ec2";

import { INSTANCE_TYPES, offers, type TypeFacts } from "../catalogue/instance-types.ts";
import { Ec2Error, invalidValue } from "../errors.ts";
import type { Account } from "../state/account.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filtered } from "./filters.ts";
import { pageOf } from "./paging.ts";

const MOST_TYPES = 100;

const FILTERS: FilterTable<TypeFacts> = {
  "bare-metal": () => false,
  "burstable-performance-supported": ({ name }) => name.startsWith("t"),
  "current-generation": ({ name }) => isCurrentGeneration(name),
  "free-tier-eligible": ({ name }) => isFree(name),
  hypervisor: ({ nitro }) => (nitro ? "nitro" : "xen"),
  "instance-storage-supported": ({ name }) => name.startsWith("g"),
  "instance-type": ({ name }) => name,
  "memory-info.size-in-mib": ({ memoryMiB }) => memoryMiB,
  "processor-info.supported-architecture": (type) => architecturesOf(type),
  "supported-root-device-type": () => "ebs",
  "supported-usage-class": () => ["on-demand", "spot"],
  "supported-virtualization-type": () => "hvm",
  "vcpu-info.default-vcpus": ({ vcpus }) => vcpus,
};

export function describeInstanceTypes(call: Call<DescribeInstanceTypesRequest>): DescribeInstanceTypesResult {
  const { InstanceTypes: names, Filters } = call.input;
  if (names !== undefined && names.length > MOST_TYPES) {
    throw invalidValue(`The number of instance types must not be more than ${MOST_TYPES}`);
  }
  const inRegion = INSTANCE_TYPES.filter((type) => call.account.zones.some((zone) => offers(zone.name, type)));
  const unknown = (names ?? []).filter((name) => !inRegion.some((type) => type.name === name));
  if (unknown.length > 0) {
    throw new Ec2Error(
      "InvalidInstanceType",
      `The following supplied instance types do not exist: [${unknown.join(", ")}]`,
    );
  }
  const wanted = names === undefined ? inRegion : inRegion.filter(({ name }) => (names as string[]).includes(name));
  const items = filtered(wanted, Filters, FILTERS).map((type) => ({ ...type, id: type.name }));
  const page = pageOf(call, items, { most: 100, named: { parameter: "instanceTypesSet", ids: names } });
  return { InstanceTypes: page.items.map((type) => typeView(type)), NextToken: page.NextToken };
}

interface Offering {
  readonly id: string;
  readonly type: TypeFacts;
  readonly location: string;
}

export function describeInstanceTypeOfferings(
  call: Call<DescribeInstanceTypeOfferingsRequest>,
): DescribeInstanceTypeOfferingsResult {
  const { LocationType: locationType = "region", Filters } = call.input;
  const offerings = offeringsBy(locationType, call.account);
  const items = filtered(offerings, Filters, {
    "instance-type": ({ type }) => type.name,
    location: ({ location }) => location,
  });
  const page = pageOf(call, items);
  return {
    InstanceTypeOfferings: page.items.map(({ type, location }) => ({
      InstanceType: type.name as NonNullable<InstanceTypeInfo["InstanceType"]>,
      LocationType: locationType,
      Location: location,
    })),
    NextToken: page.NextToken,
  };
}

function offeringsBy(locationType: string, { zones, setting }: Account): Offering[] {
  const places = INSTANCE_TYPES.flatMap((type) =>
    zones.filter(({ name }) => offers(name, type)).map((zone) => ({ type, zone })),
  );
  const located = places.map(({ type, zone }): Offering => {
    const location = { region: setting.region, "availability-zone": zone.name, "availability-zone-id": zone.id }[
      locationType
    ];
    if (location === undefined) throw invalidValue(`Invalid value '${locationType}' for LocationType.`);
    return { id: `${type.name} ${location}`, type, location };
  });
  return [...new Map(located.map((offering) => [offering.id, offering])).values()];
}

function isCurrentGeneration(name: string): boolean {
  return !name.startsWith("t2.");
}

function isFree(name: string): boolean {
  return ["t3.micro", "t3.small", "t4g.micro", "t4g.small"].includes(name);
}

function architecturesOf({ name, architecture }: TypeFacts): ("i386" | "x86_64" | "arm64")[] {
  return name === "t2.micro" ? ["i386", "x86_64"] : [architecture];
}

function typeView(type: TypeFacts): InstanceTypeInfo {
  const { gpu } = type;
  return {
    InstanceType: type.name as NonNullable<InstanceTypeInfo["InstanceType"]>,
    CurrentGeneration: isCurrentGeneration(type.name),
    FreeTierEligible: isFree(type.name),
    SupportedUsageClasses: ["on-demand", "spot"],
    SupportedRootDeviceTypes: ["ebs"],
    SupportedVirtualizationTypes: ["hvm"],
    BareMetal: false,
    Hypervisor: type.nitro ? "nitro" : "xen",
    ProcessorInfo: { SupportedArchitectures: architecturesOf(type), SustainedClockSpeedInGhz: 2.5 },
    VCpuInfo: { DefaultVCpus: type.vcpus },
    MemoryInfo: { SizeInMiB: type.memoryMiB },
    InstanceStorageSupported: type.name.startsWith("g"),
    EbsInfo: { EbsOptimizedSupport: type.nitro ? "default" : "unsupported", EncryptionSupport: "supported" },
    NetworkInfo: {
      MaximumNetworkInterfaces: 3,
      EnaSupport: type.nitro ? "required" : "supported",
      Ipv6Supported: true,
    },
    BurstablePerformanceSupported: type.name.startsWith("t"),
    HibernationSupported: false,
    DedicatedHostsSupported: false,
    AutoRecoverySupported: true,
    ...(gpu && {
      GpuInfo: {
        Gpus: [
          {
            Name: gpu.name,
            Manufacturer: gpu.manufacturer,
            Count: gpu.count,
            MemoryInfo: { SizeInMiB: gpu.memoryMiB },
          },
        ],
        TotalGpuMemoryInMiB: gpu.count * gpu.memoryMiB,
      },
    }),
  };
}
