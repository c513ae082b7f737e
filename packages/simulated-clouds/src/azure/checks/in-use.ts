import { badRequest, conflict } from "../api-error.ts";
import { ipConfigurationId } from "../json/network.ts";
import type { Account } from "../state/account.ts";
import type { SubnetEntry } from "../state/networks.ts";

const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

function ofSubnet({ nics }: Account, { id, name }: SubnetEntry): void {
  const user = nics.all.find(({ subnet }) => same(subnet, id));
  if (user === undefined) return;
  throw badRequest(
    "InUseSubnetCannotBeDeleted",
    `Subnet ${name} is in use by ${ipConfigurationId(user)} and cannot be deleted. In order to delete the subnet, delete all the ` +
      "resources within the subnet. See aka.ms/deletesubnet.",
  );
}

function ofSecurityGroup({ nics, networks }: Account, id: string): void {
  const users = [
    ...nics.all.filter(({ securityGroup }) => same(securityGroup, id)),
    ...networks.all.flatMap(({ subnets }) => subnets).filter(({ securityGroup }) => same(securityGroup, id)),
  ];
  if (users.length === 0) return;
  throw badRequest(
    "InUseNetworkSecurityGroupCannotBeDeleted",
    `Network security group ${id} cannot be deleted because it is in use by the following resources: ` +
      `${users.map((user) => user.id).join(", ")}. In order to delete the Network security group, remove the association with ` +
      "the resource(s). To learn how to do this, see aka.ms/deletensg.",
  );
}

function ofApplicationGroup({ nics, securityGroups }: Account, id: string): void {
  const interfaces = nics.all.filter(({ applicationGroups }) => applicationGroups.some((each) => same(each, id)));
  const rules = securityGroups.all.flatMap((group) =>
    group.rules
      .filter(({ properties }) =>
        [
          ...(properties?.sourceApplicationSecurityGroups ?? []),
          ...(properties?.destinationApplicationSecurityGroups ?? []),
        ].some((each) => same(each.id, id)),
      )
      .map(({ name }) => `${group.id}/securityRules/${name}`),
  );
  const users = [...interfaces.map(ipConfigurationId), ...rules];
  if (users.length === 0) return;
  const kind = interfaces.length > 0 ? "IpConfiguration(s)" : "SecurityRule(s)";
  throw badRequest(
    "ApplicationSecurityGroupInUse",
    `Application Security Group ${id} cannot be deleted because it is referenced by ${kind} ${users.join(", ")}.`,
  );
}

function of(account: Account, id: string): void {
  const network = account.networks.byId(id);
  for (const subnet of network?.subnets ?? []) ofSubnet(account, subnet);
  if (account.securityGroups.byId(id) !== undefined) ofSecurityGroup(account, id);
  if (account.applicationGroups.byId(id) !== undefined) ofApplicationGroup(account, id);
  const nic = account.nics.byId(id);
  if (nic?.vm !== undefined) {
    throw badRequest(
      "NicInUse",
      `Network Interface ${id} is used by existing resource ${nic.vm}. In order to delete the network interface, it must be ` +
        "dissociated from the resource. To learn more, see aka.ms/deletenic.",
    );
  }
  if (nic !== undefined && nic.reservedUntil > account.clock.now()) {
    throw badRequest(
      "NicReservedForAnotherVm",
      `Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please provide another nic(s) or retry after 180 ` +
        `seconds. Reserved VM: ${nic.name}`,
    );
  }
  const publicAddress = account.publicAddresses.byId(id);
  if (publicAddress?.nic !== undefined) {
    throw badRequest(
      "PublicIPAddressCannotBeDeleted",
      `Public IP address ${id} cannot be deleted since it is still allocated to resource ` +
        `${ipConfigurationId(publicAddress.nic)}. In order to delete the public IP, disassociate/detach the Public IP address ` +
        "from the resource. To learn how to do this, see aka.ms/deletepublicip.",
    );
  }
  const disk = account.disks.byId(id);
  if (disk?.vm !== undefined) {
    throw conflict("OperationNotAllowed", `Disk ${disk.name} is attached to VM ${disk.vm}.`);
  }
}

/** Each throws an ApiError where something uses what is to be deleted. */
export const assertNoUse = { of, ofSubnet };
