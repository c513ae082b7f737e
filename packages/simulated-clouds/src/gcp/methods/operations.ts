import { notFound } from "../api-error.ts";
import { scopePath } from "../links.ts";
import type { ApiCall } from "../parse-request.ts";
import type { Account } from "../state/account.ts";
import type { Operation } from "../state/operations.ts";
import { given, listing, type Methods } from "./method.ts";

const DEFAULT_WAIT_MS = 120_000;

const list = listing("Operation", (account, call) =>
  account.operations.all
    .filter(({ input }) => scopePath(input.scope) === whereOf(call))
    .map((operation) => ({ place: whereOf(call), name: operation.name, json: operation.toJson() })),
);

export const operationMethods: Methods = Object.fromEntries(
  ["zoneOperations", "regionOperations", "globalOperations"].flatMap((service) => [
    [`${service}.get`, (account: Account, call: ApiCall) => operationOf(account, call).toJson()],
    [`${service}.wait`, wait],
    [`${service}.list`, list],
  ]),
);

/** Answers when the operation is done, or after two minutes in which it was not. */
async function wait(account: Account, call: ApiCall): Promise<Record<string, unknown>> {
  const operation = operationOf(account, call);
  await Promise.race([operation.finished, account.clock.sleep(account.options.waitMs ?? DEFAULT_WAIT_MS)]);
  return operation.toJson();
}

function operationOf({ operations }: Account, call: ApiCall): Operation {
  const path = `${whereOf(call)}/operations/${given(call, "operation")}`;
  const operation = operations.get(path);
  if (operation === undefined) throw notFound(path);
  return operation;
}

function whereOf(call: ApiCall): string {
  const { zone, region } = call.parameters;
  return scopePath({ project: given(call, "project"), zone, region });
}
