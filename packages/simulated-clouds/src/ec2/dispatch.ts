import type { TagSpecification } from "@aws-sdk/client-ec2";

import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import { Ec2Error, Violation } from "./errors.ts";
import type { Call } from "./operations/call.ts";
import { OPERATIONS } from "./operations/index.ts";
import type { Access } from "./state/access.ts";
import type { Account } from "./state/account.ts";
import type { Throttle } from "./throttle.ts";
import { checkSignature } from "./wire/authentication.ts";
import { markReads } from "./wire/read-marks.ts";
import { errorReply, resultReply } from "./wire/replies.ts";
import { queryOf, readInput } from "./wire/request.ts";
import { type OperationShape, operationShape } from "./wire/shapes.ts";

export interface DispatchSetting {
  readonly account: Account;
  readonly access: Access;
  /** Absent: calls may come as often as they like. */
  readonly throttle: Throttle | undefined;
  /** How far EC2's clock is ahead of this computer's. */
  readonly clockAheadMs: number;
  violation(message: string): void;
}

/** An answer, with EC2's own time: the SDK corrects its own by it. */
export async function dispatch(action: string, request: WireRequest, setting: DispatchSetting): Promise<WireReply> {
  const { headers = {}, ...reply } = await answered(action, request, setting);
  return { ...reply, headers: { ...headers, date: new Date(Date.now() + setting.clockAheadMs).toUTCString() } };
}

/** Answers a request as EC2 does: who asks, how often, what, whether allowed, and then the operation itself. */
async function answered(action: string, request: WireRequest, setting: DispatchSetting): Promise<WireReply> {
  try {
    checkSignature(request.headers, setting.account.setting.region, setting.clockAheadMs);
    setting.access.checkCredentials();
    const shape = shapeOf(action);
    const input = readInput(queryOf(request), shape);
    setting.throttle?.admit(action, input);
    setting.access.checkAnnounced(action);
    setting.access.check(`ec2:${action}`);
    if (input["TagSpecifications"] !== undefined) setting.access.check("ec2:CreateTags");
    setting.access.checkTags(action, input["TagSpecifications"] as readonly TagSpecification[] | undefined);
    setting.account.forgetOld();
    return resultReply(action, shape, await carryOut(action, input, setting));
  } catch (error) {
    if (!(error instanceof Ec2Error)) throw error;
    if (error instanceof Violation) setting.violation(`${action}: ${error.code}: ${error.message}`);
    return errorReply(error);
  }
}

function shapeOf(action: string): OperationShape {
  const shape = operationShape(action);
  if (shape === undefined) {
    throw new Violation("InvalidAction", `The action ${action} is not valid for this web service.`);
  }
  return shape;
}

async function carryOut(action: string, input: Record<string, unknown>, setting: DispatchSetting): Promise<object> {
  const operation = OPERATIONS[action];
  if (operation === undefined) throw new Violation("Unsupported", "This operation is not simulated");
  const marked = markReads(input);
  let everythingRead = false;
  const isDryRun = marked.value["DryRun"] === true;
  const call: Call<Record<string, unknown>> = {
    account: setting.account,
    input: marked.value,
    fingerprintWithout: (...names) => {
      const counting = Object.entries(input).filter(([name]) => !names.includes(name));
      return JSON.stringify([action, Object.fromEntries(counting)]);
    },
    needs: (other) => setting.access.check(other),
    allows: (other) => setting.access.allows(other),
    readEverything: () => {
      everythingRead = true;
    },
    begin: () => {
      if (isDryRun) throw dryRun();
    },
  };
  const result = await operation(call as unknown as Call<never>);
  const ignored = everythingRead ? [] : marked.unread();
  if (ignored.length > 0) setting.violation(`${action}: not simulated, and ignored: ${ignored.join(", ")}`);
  if (isDryRun) throw dryRun();
  return result;
}

function dryRun(): Ec2Error {
  return new Ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
}
