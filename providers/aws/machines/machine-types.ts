import { invalid } from "../../../src/options/invalid.ts";
import type { Ec2Api } from "../api/client.ts";

export type Architecture = "x86_64" | "arm64";

/** An instance type as EC2 describes it. */
export interface InstanceType {
  readonly name: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  /** Whether it has NVIDIA GPUs. */
  readonly gpu: boolean;
  /** Whether its machines can do without IPv4: those of the Nitro System can. */
  readonly ipv6Only: boolean;
  /** The zones that have it, by name. */
  readonly zones: ReadonlySet<string>;
}

/**
 * Looks types up, all at once. Types that the region does not have are not in the answer.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a type that Ubuntu does not run on
 */
export async function describeTypes(
  api: Ec2Api,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, InstanceType>> {
  const Filters = [{ Name: "instance-type", Values: [...names] }];
  const [described, offered] = await Promise.all([
    api.pages("DescribeInstanceTypes", signal, (ec2, page, options) =>
      ec2.describeInstanceTypes({ Filters, ...page }, options),
    ),
    api.pages("DescribeInstanceTypeOfferings", signal, (ec2, page, options) =>
      ec2.describeInstanceTypeOfferings({ LocationType: "availability-zone", Filters, ...page }, options),
    ),
  ]);
  const offerings = offered.flatMap(({ InstanceTypeOfferings = [] }) => InstanceTypeOfferings);
  const types = described.flatMap(({ InstanceTypes = [] }) => InstanceTypes);
  return new Map(
    types.map(({ InstanceType: name = "", ProcessorInfo, VCpuInfo, GpuInfo, NetworkInfo, Hypervisor, BareMetal }) => [
      name,
      {
        name,
        architecture: architectureOf(name, ProcessorInfo?.SupportedArchitectures ?? []),
        vcpus: VCpuInfo?.DefaultVCpus ?? 0,
        gpu: GpuInfo?.Gpus?.some(({ Manufacturer }) => Manufacturer === "NVIDIA") ?? false,
        ipv6Only: NetworkInfo?.Ipv6Supported === true && (Hypervisor === "nitro" || BareMetal === true),
        zones: new Set(
          offerings.filter(({ InstanceType }) => InstanceType === name).map(({ Location = "" }) => Location),
        ),
      },
    ]),
  );
}

function architectureOf(name: string, supported: readonly string[]): Architecture {
  if (supported.includes("x86_64")) return "x86_64";
  if (supported.includes("arm64")) return "arm64";
  throw invalid(`The instance type ${name} is for ${supported.join(", ")}; Dask machines are x86_64 or arm64.`);
}
