import { NotUnderstood, type WireReply } from "../core/http-cloud.ts";
import { ApiError, jsonReply } from "./api-error.ts";
import { checkMessage } from "./check-message.ts";
import { passGate } from "./gate.ts";
import { bulkInsertMethods } from "./methods/bulk-insert.ts";
import { catalogMethods } from "./methods/catalog.ts";
import { diskMethods } from "./methods/disks.ts";
import { firewallMethods } from "./methods/firewalls.ts";
import { instanceMethods } from "./methods/instances.ts";
import type { Methods } from "./methods/method.ts";
import { networkMethods } from "./methods/networks.ts";
import { operationMethods } from "./methods/operations.ts";
import type { ApiCall } from "./parse-request.ts";
import { FIELDS, partOf } from "./partial-answer.ts";
import type { Account } from "./state/account.ts";
import { Operation } from "./state/operations.ts";
import type { RateLimits } from "./state/rate-limits.ts";

const METHODS: Methods = {
  ...instanceMethods,
  ...bulkInsertMethods,
  ...firewallMethods,
  ...operationMethods,
  ...networkMethods,
  ...diskMethods,
  ...catalogMethods,
};

/** Whether this cloud can do that; the real one can do more. */
export function isSimulated(operation: string): boolean {
  return operation in METHODS;
}

/** Answers a request that is understood, of a caller who is known. */
export async function answerCall(account: Account, limits: RateLimits | undefined, call: ApiCall): Promise<WireReply> {
  const { operation, responseType } = call.route;
  const method = METHODS[operation];
  if (method === undefined) throw new NotUnderstood(`not simulated: ${operation}`);
  try {
    passGate(account, limits, call);
    const replayed = account.requestIds.replay(call);
    const result = replayed ?? (await method(account, call));
    if (result instanceof Operation && replayed === undefined) account.requestIds.keep(call, result);
    const json = result instanceof Operation ? result.toJson() : result;
    assertAnswer(responseType, json);
    return jsonReply(200, partOf(responseType, json, call.parameters[FIELDS]));
  } catch (error) {
    if (error instanceof ApiError) return error.toReply();
    throw error;
  }
}

/** What the SDK cannot decode, it asks for again for ten minutes. */
function assertAnswer(responseType: string, json: unknown): void {
  const problems = checkMessage(responseType, json);
  if (problems.length > 0) throw new Error(`The simulation answers what the cloud would not: ${problems.join("; ")}`);
}
