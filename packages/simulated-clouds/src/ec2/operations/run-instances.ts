import type { Reservation, RunInstancesRequest } from "@aws-sdk/client-ec2";

import { Ec2Error, invalidValue } from "../errors.ts";
import { launch } from "../launch/launch.ts";
import { findPlace } from "../launch/placement.ts";
import { readPlan } from "../launch/read-plan.ts";
import { ensureSpotRole } from "../launch/spot-role.ts";
import { ACCOUNT_ID, type Account } from "../state/account.ts";
import type { Ec2Instance } from "../state/instance.ts";
import type { Call } from "./call.ts";
import { instanceView } from "./instance-view.ts";

const LONGEST_TOKEN = 64;

export function runInstances(call: Call<RunInstancesRequest>): Reservation {
  const { account } = call;
  checkToken(call.input.ClientToken);
  const fingerprint = call.fingerprintWithout("ClientToken", "DryRun");
  const key = tokenKey(call);
  const before = key === undefined ? undefined : account.launched.get(key);
  if (before !== undefined) {
    if (before.fingerprint !== fingerprint) {
      throw new Ec2Error(
        "IdempotentParameterMismatch",
        "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
      );
    }
    return again(account, before.instanceIds, call);
  }
  const plan = readPlan(call);
  if (plan.spot !== undefined) ensureSpotRole(call);
  const place = findPlace(account, plan);
  call.begin();
  const instances = launch(account, plan, place);
  if (key !== undefined) account.launched.set(key, { fingerprint, instanceIds: instances.map(({ id }) => id) });
  return reservationView(account, instances);
}

/** Machines of one launch. */
export function reservationView(account: Account, instances: readonly Ec2Instance[]): Reservation {
  return {
    ReservationId: instances[0]?.reservationId,
    OwnerId: ACCOUNT_ID,
    Groups: [],
    Instances: instances.map((instance) => instanceView(account, instance)),
  };
}

/** The same request again has the same machines, in the state in which they are now. */
function again(account: Account, ids: readonly string[], call: Call<RunInstancesRequest>): Reservation {
  const instances = ids.map((id) => account.instances.get(id)).filter((each) => each !== undefined);
  if (instances.length < ids.length || instances.some(({ state }) => state === "terminated")) {
    throw new Ec2Error(
      "IdempotentInstanceTerminated",
      "The client token you have provided is associated with a terminated instance. Please use a different client token.",
    );
  }
  call.begin();
  call.readEverything();
  return reservationView(account, instances);
}

function checkToken(token = ""): void {
  const isAscii = Buffer.byteLength(token) === token.length;
  if (isAscii && token.length <= LONGEST_TOKEN) return;
  throw invalidValue(
    `Value (${token}) for parameter clientToken is invalid. It has at most ${LONGEST_TOKEN} ASCII characters`,
  );
}

/** Where a token counts: in its zone when the request names one, or a subnet, and in the region otherwise. */
function tokenKey({ account, input }: Call<RunInstancesRequest>): string | undefined {
  if (input.ClientToken === undefined || input.ClientToken === "") return undefined;
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input.Placement ?? {};
  const subnetId = input.SubnetId ?? input.NetworkInterfaces?.[0]?.SubnetId;
  const zone = account.zones.find((each) => each.name === name || each.id === id)?.name;
  const place = zone ?? account.subnets.get(subnetId ?? "")?.zone.name ?? account.setting.region;
  return `${input.ClientToken} ${place}`;
}
