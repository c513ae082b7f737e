import type { MachineInput } from "../../core/boot.ts";
import { underIpv6 } from "../../core/ipv6.ts";
import { documentOf, signedDocument } from "../instance-metadata.ts";
import type { Account } from "../state/account.ts";
import { newId, newSpotRequestId } from "../state/ids.ts";
import { Ec2Instance } from "../state/instance.ts";
import { privateDnsName, resourceName } from "../state/names.ts";
import type { NetworkInterface } from "../state/network-interface.ts";
import type { Volume } from "../state/volume.ts";
import { guestShutDown, terminate } from "./ending.ts";
import type { Place } from "./placement.ts";
import type { LaunchPlan } from "./plan.ts";

const DEFAULT_ADDRESS_MS = 3000;
const DEFAULT_DETACH_MS = 3000;

/** Makes the machines of a launch, with everything that belongs to them. */
export function launch(account: Account, plan: LaunchPlan, { subnet, count }: Place): readonly Ec2Instance[] {
  const { clock, fleet, options, region } = account.setting;
  const reservationId = newId("r");
  return Array.from({ length: count }, (_, launchIndex) => {
    const id = newId("i");
    const networkInterface = addInterface(account, plan, { instanceId: id, subnet });
    const { ipv6Address } = networkInterface;
    const ipv6Only = subnet.stack === "ipv6";
    const isPublic = !ipv6Only && (plan.network.publicAddress ?? subnet.publicByDefault);
    const publicAddress = isPublic ? account.publicAddresses.take() : undefined;
    const volumes = addVolumes(account, plan, { instanceId: id, zone: subnet.zone.name });
    const spotRequestId = addSpotRequest(account, plan, { instanceId: id, zone: subnet.zone.name });
    const input: MachineInput = {
      id,
      instanceId: id,
      hostname: ipv6Only ? resourceName(region, id) : privateDnsName(region, networkInterface.privateAddress),
      privateAddress: networkInterface.privateAddress,
      publicAddress,
      ipv6Address,
      ipv6Only,
      userData: plan.userData,
      surroundings: account.setting.around(id),
      identity: () => signedDocument(region, documentOf(region, instance)),
      // Without IPv4 the metadata service is unreachable unless it listens on IPv6.
      ...(ipv6Only && plan.metadata.HttpProtocolIpv6 !== "enabled" ? { cloudInit: false } : {}),
      admits: (source, port) => admits(account, networkInterface, source, port),
    };
    const instance: Ec2Instance = new Ec2Instance({
      id,
      tags: new Map(plan.tags.get("instance")),
      plan,
      machine: fleet.launch(input, {
        onGuestShutdown: () => guestShutDown(account, instance),
        onGone: () => clearUp(account, instance),
      }),
      reservationId,
      launchIndex,
      networkInterface,
      volumes,
      publicAddress,
      spotRequestId,
    });
    account.instances.add(instance);
    const { launchFailure } = account;
    // As a real one: pending at first, and then straight to its end.
    if (launchFailure !== undefined) clock.after(0, () => terminate(account, instance, launchFailure));
    clock.after(options.addressMs ?? DEFAULT_ADDRESS_MS, () => {
      instance.addressAssigned = true;
    });
    return instance;
  });
}

function addInterface(
  account: Account,
  { network, tags }: LaunchPlan,
  { instanceId, subnet }: { readonly instanceId: string } & Pick<Place, "subnet">,
): NetworkInterface {
  const privateAddress = subnet.addresses.take();
  const wanted = network.ipv6Addresses ?? (subnet.stack === "ipv6" ? 1 : 0);
  const { addresses } = account.setting;
  const made: NetworkInterface = {
    id: newId("eni"),
    ipv6Address: wanted > 0 ? addresses.ipv6Of(privateAddress, () => account.publicAddresses.take()) : undefined,
    subnet,
    groupIds: network.groups.map(({ id }) => id),
    privateAddress,
    description: network.description,
    deleteOnTermination: network.deleteOnTermination,
    instanceId,
    tags: new Map(tags.get("network-interface")),
    visibleFrom: account.visibleSoon,
  };
  account.interfaces.add(made);
  return made;
}

interface Owner {
  readonly instanceId: string;
  readonly zone: string;
}

function addVolumes(account: Account, { volumes, tags }: LaunchPlan, { instanceId, zone }: Owner): readonly Volume[] {
  return volumes.map((plan) => {
    const volume: Volume = {
      id: newId("vol"),
      plan,
      zone,
      createdAt: new Date(account.now),
      instanceId,
      tags: new Map(tags.get("volume")),
      visibleFrom: account.visibleSoon,
    };
    account.volumes.add(volume);
    return volume;
  });
}

function addSpotRequest(account: Account, plan: LaunchPlan, { instanceId, zone }: Owner): string | undefined {
  if (plan.spot === undefined) return undefined;
  const id = newSpotRequestId();
  account.spotRequests.add({
    id,
    instanceId,
    zone,
    plan,
    createdAt: new Date(account.now),
    state: "active",
    status: "fulfilled",
    tags: new Map(plan.tags.get("spot-instances-request")),
    visibleFrom: account.visibleSoon,
  });
  return id;
}

function admits(account: Account, { groupIds }: NetworkInterface, source: string, port: number): boolean {
  const members = (groupId: string): string[] =>
    account.interfaces.all.filter((each) => each.groupIds.includes(groupId)).map((each) => each.privateAddress);
  return groupIds.some((id) => account.groups.get(id)?.admits(source, port, members) ?? false);
}

/** What goes with an instance, and what is left of it. */
function clearUp(account: Account, { networkInterface, volumes, publicAddress }: Ec2Instance): void {
  for (const address of [publicAddress, underIpv6(networkInterface.ipv6Address)]) {
    if (address !== undefined) account.publicAddresses.release(address);
  }
  networkInterface.instanceId = undefined;
  if (networkInterface.deleteOnTermination) {
    account.setting.clock.after(account.setting.options.detachMs ?? DEFAULT_DETACH_MS, () => {
      networkInterface.subnet.addresses.release(networkInterface.privateAddress);
      account.interfaces.delete(networkInterface.id);
    });
  }
  for (const volume of volumes) {
    volume.instanceId = undefined;
    if (volume.plan.deleteOnTermination) account.volumes.delete(volume.id);
  }
}
