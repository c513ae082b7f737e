import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type AzureFailure, tries } from "./failure.ts";

/** Networks, interfaces, addresses and firewalls. */
export const NETWORK: readonly ErrorEntry<AzureFailure>[] = [
  {
    codes: ["NicReservedForAnotherVm"],
    meaning: "transient",
    say: "Azure reserves the network interface of a failed machine for 180 s. It can be deleted then.",
  },
  {
    codes: /InUse|CannotBeDeleted|^CannotDelete|StillAttached|^SubnetHasExternalResources|^ResourceHasDependents/i,
    meaning: "transient",
    say: (failure) =>
      `The resource is still in use${tries(failure)}. Azure frees it some minutes after its machine is gone.`,
  },
  {
    codes: [
      "ReferencedResourceNotProvisioned",
      "RetryableErrorDueToAnotherOperation",
      "InvalidResourceReference",
      "ParentResourceNotFound",
    ],
    meaning: "transient",
    say: "A resource that the call names does not exist yet, or not any more. Try again later.",
  },
  {
    codes: ["OutboundConnectivityNotEnabledOnVM", "OutboundConnectivityNotEnabledOnVMScaleSet"],
    meaning: "configuration",
    say: "The machines have no outbound Internet access. Give the subnet a NAT gateway, or leave out `workerPublicIp`.",
  },
  {
    codes: /^SubnetWithExternalResources|Delegat/,
    meaning: "configuration",
    say: "The subnet is delegated to another service: use another `subnet`.",
  },
  {
    codes:
      /^SecurityRule|^NetworkSecurityGroup(?!.*Limit)|^ApplicationSecurityGroup|^InvalidSecurityRule|^InvalidNetworkSecurityGroup/,
    meaning: "configuration",
    say: "Azure rejected the firewall rules. Check the `allowedCidrs` and `securityGroup` options.",
  },
  {
    codes:
      /^Netcfg|CIDR|AddressPrefix|AddressSpace|^SubnetsNotInSameVnet$|^PrivateIPAddress|InDifferentRegion|InDifferentVnet|^InvalidSubnet|^SubnetNotFound|^VnetNotFound/i,
    meaning: "configuration",
    say: "The network does not fit. Check the `vnet` and `subnet` options.",
  },
  {
    codes: /^PublicIP|^InvalidPublicIP|^DnsRecordInUse/i,
    meaning: "configuration",
    say: "Azure rejected the public addresses. Check the `publicIp` and `workerPublicIp` options.",
  },
  {
    codes: /^AcceleratedNetworking|^NetworkInterface|^Nic(?=[A-Z])|^IpConfiguration|^VMScaleSetNetwork/,
    meaning: "configuration",
    say: "Azure rejected the network interface. Check the `vnet`, `subnet` and `instanceType` options.",
  },
];
