import type {
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
} from "@aws-sdk/client-ec2";

import { Ec2Error, invalidValue, missing } from "../errors.ts";
import { ACCOUNT_ID, type Account } from "../state/account.ts";
import { newId } from "../state/ids.ts";
import { ALLOWED_CHARACTERS } from "../state/permissions.ts";
import { type Peer, SecurityGroup } from "../state/security-group.ts";
import { tagList, tagsByType } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";

const LONGEST = 255;
const CHARACTERS = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";

export function createSecurityGroup(call: Call<CreateSecurityGroupRequest>): CreateSecurityGroupResult {
  const { account, input } = call;
  const name = checkedName(input.GroupName ?? "");
  const description = checkedDescription(input.Description ?? "");
  const tags = new Map(tagsByType(input.TagSpecifications, ["security-group"]).get("security-group"));
  const vpcId = input.VpcId === undefined ? defaultVpcId(account) : (account.vpcs.demand([input.VpcId])[0]?.id ?? "");
  if (account.groupNamed(vpcId, name) !== undefined) {
    throw new Ec2Error("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
  }
  call.begin();
  const group = new SecurityGroup({
    id: newId("sg"),
    name,
    description,
    vpcId,
    tags,
    visibleFrom: account.visibleSoon,
  });
  const everywhere: Peer[] = [{ kind: "ipv4", cidr: "0.0.0.0/0" }];
  if (account.vpcs.get(vpcId)?.ipv6Cidr !== undefined) everywhere.push({ kind: "ipv6", cidr: "::/0" });
  group.rules = everywhere.map((peer) => ({
    id: newId("sgr"),
    groupId: group.id,
    direction: "egress",
    protocol: "-1",
    fromPort: -1,
    toPort: -1,
    peer,
    description: undefined,
    tags: new Map(),
    visibleFrom: account.visibleSoon,
  }));
  account.groups.add(group);
  return {
    GroupId: group.id,
    Tags: tagList(tags),
    SecurityGroupArn: groupArn(account, group.id),
  };
}

export function deleteSecurityGroup(call: Call<DeleteSecurityGroupRequest>): DeleteSecurityGroupResult {
  const { account, input } = call;
  const group = demandGroup(account, { id: input.GroupId, name: input.GroupName });
  if (group.isDefault) {
    const message = `the specified group: "${group.id}" name: "default" cannot be deleted by a user`;
    throw new Ec2Error("CannotDelete", message);
  }
  const used = account.interfaces.all.some(({ groupIds }) => groupIds.includes(group.id));
  const referred = account.groups.all.some((other) => other !== group && other.refersTo(group.id));
  if (used || referred) throw new Ec2Error("DependencyViolation", `resource ${group.id} has a dependent object`);
  call.begin();
  account.groups.delete(group.id);
  return { Return: true, GroupId: group.id };
}

/** The group that a call names by its id or, in the default VPC, by its name. */
export function demandGroup(
  account: Account,
  { id, name }: { readonly id: string | undefined; readonly name: string | undefined },
): SecurityGroup {
  if (id === undefined && name === undefined) throw missing("groupName or groupId");
  if (id !== undefined) return account.groups.demand([id], { lagging: account.lagging })[0] as SecurityGroup;
  const vpcId = defaultVpcId(account);
  const group = account.groupNamed(vpcId, name ?? "");
  if (group === undefined || (account.lagging && !account.groups.isVisible(group))) {
    throw new Ec2Error(
      "InvalidGroup.NotFound",
      `The security group '${name}' does not exist in default VPC '${vpcId}'`,
    );
  }
  return group;
}

export function groupArn(account: Account, id: string): string {
  return `arn:aws:ec2:${account.setting.region}:${ACCOUNT_ID}:security-group/${id}`;
}

function defaultVpcId({ defaultVpc }: Account): string {
  if (defaultVpc !== undefined) return defaultVpc.id;
  throw new Ec2Error(
    "VPCIdNotSpecified",
    "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
  );
}

function checkedName(given: string): string {
  const name = given.trim();
  if (name === "") throw missing("GroupName");
  if (name === "default") throw new Ec2Error("InvalidGroup.Reserved", "The security group 'default' is reserved");
  if (name.startsWith("sg-") || name.length > LONGEST || !ALLOWED_CHARACTERS.test(name)) {
    throw invalidValue(
      `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*, have at most ${LONGEST} characters, and are made of: ${CHARACTERS}`,
    );
  }
  return name;
}

function checkedDescription(description: string): string {
  if (description === "") throw missing("GroupDescription");
  if (description.length > LONGEST || !ALLOWED_CHARACTERS.test(description)) {
    throw invalidValue(
      `Value (${description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported. Valid descriptions have at most ${LONGEST} characters of: ${CHARACTERS}`,
    );
  }
  return description;
}
