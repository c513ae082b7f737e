import { stripVTControlCharacters } from "node:util";

import type { Instance, InstanceStateName, Reservation } from "@aws-sdk/client-ec2";

import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import type { Machine, MachineState } from "../../../src/provider/machine.ts";
import { groupIn, isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { Ec2Api } from "../api/client.ts";
import { isAws, reasonOfEnd } from "../errors/ec2-error.ts";
import { tagFilters, tagsFrom } from "../tags/tags.ts";

const STATES: Readonly<Partial<Record<InstanceStateName, MachineState>>> = {
  pending: "pending",
  running: "running",
  stopping: "stopped",
  stopped: "stopped",
  "shutting-down": "ending",
};

/** States of instances that neither boot nor run, and can cost money. */
export const TROUBLED: readonly string[] = ["stopping", "stopped", "shutting-down"];

/** Instances that can cost money, of one cluster or of all; or those in other states. EC2 shows a terminated one for an hour. */
export async function listInstances(
  api: Ec2Api,
  whose: Whose,
  signal: AbortSignal,
  states: readonly string[] = Object.keys(STATES),
): Promise<readonly Instance[]> {
  const Filters = [...tagFilters(whose), { Name: "instance-state-name", Values: [...states] }];
  const pages = await api.pages("DescribeInstances", signal, (ec2, page, options) =>
    ec2.describeInstances({ Filters, MaxResults: 1000, ...page }, options),
  );
  return pages
    .flatMap(({ Reservations = [] }) => Reservations)
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ Tags }) => isWhose(whose, tagsFrom(Tags)));
}

/** One instance, in any state; undefined where EC2 does not know it, or not yet. */
export async function findInstance(api: Ec2Api, id: string, signal: AbortSignal): Promise<Instance | undefined> {
  return (await findReservation(api, id, signal))?.Instances?.[0];
}

/** The number of the account that an instance is in; undefined where EC2 does not know the instance, or not yet. */
export async function accountOf(api: Ec2Api, id: string, signal: AbortSignal): Promise<string | undefined> {
  return (await findReservation(api, id, signal))?.OwnerId;
}

async function findReservation(api: Ec2Api, id: string, signal: AbortSignal): Promise<Reservation | undefined> {
  try {
    const { Reservations: [reservation] = [] } = await api.call("DescribeInstances", signal, (ec2, options) =>
      ec2.describeInstances({ InstanceIds: [id] }, options),
    );
    return reservation;
  } catch (error) {
    if (isAws(error, "InvalidInstanceID.NotFound")) return undefined;
    throw error;
  }
}

/**
 * An instance as a `Machine`.
 *
 * @param clients the address family by which clients reach a scheduler. A machine's IPv6 address is the same inside and outside.
 */
export function machineOf(instance: Instance, clients: AddressFamily = 4): Machine {
  const { InstanceId: id = "", State, Tags, PrivateIpAddress, PublicIpAddress, NetworkInterfaces } = instance;
  const tags = tagsFrom(Tags);
  const six = known(instance.Ipv6Address) ?? known(NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address);
  return {
    id,
    nodeName: id,
    role: tags["role"] === "scheduler" ? "scheduler" : "worker",
    group: groupIn(tags),
    state: STATES[State?.Name ?? "pending"] ?? "ending",
    privateAddress: known(PrivateIpAddress) ?? six,
    publicAddress: clients === 6 ? six : known(PublicIpAddress),
  };
}

/** Without an address, EC2 sends an empty text. */
function known(address: string | undefined): string | undefined {
  return address === "" ? undefined : address;
}

/** A machine's console output and, if it ended, EC2's reason; empty until there is some. */
export async function bootLogOf(api: Ec2Api, id: string, signal: AbortSignal): Promise<string> {
  const [printed, end] = await Promise.all([consoleOutput(api, id, signal), whyEnded(api, id, signal)]);
  return end === undefined ? printed : `${printed}${printed === "" || printed.endsWith("\n") ? "" : "\n"}${end}\n`;
}

async function consoleOutput(api: Ec2Api, id: string, signal: AbortSignal): Promise<string> {
  const ask = async (Latest: boolean): Promise<string> => {
    const { Output = "" } = await api.call("GetConsoleOutput", signal, (ec2, options) =>
      ec2.getConsoleOutput({ InstanceId: id, Latest }, options),
    );
    return stripVTControlCharacters(Buffer.from(Output, "base64").toString("utf8")).replaceAll("\r", "");
  };
  try {
    return await ask(true);
  } catch (error) {
    if (isAws(error, "InvalidInstanceID.NotFound")) return "";
    // Only Nitro machines tell what is newest.
    if (isAws(error, "UnsupportedOperation", "Unsupported", "InvalidParameterCombination")) return await ask(false);
    throw error;
  }
}

async function whyEnded(api: Ec2Api, id: string, signal: AbortSignal): Promise<string | undefined> {
  const instance = await findInstance(api, id, signal);
  return reasonOfEnd(instance?.StateReason, api)?.message;
}
