import { jsonReply } from "../api-error.ts";
import { askAgain, type Method, part } from "./call.ts";

export const operations = {
  Operations_Get: (call) => {
    const operation = call.account.operations.get(part(call, "name"));
    return jsonReply(200, operation.toJson(), operation.underWay ? askAgain(call) : {});
  },
  /** Where there is no result yet, it says so and where to come again. */
  OperationResults_Get: (call) => {
    const operation = call.account.operations.get(part(call, "name"));
    const { status, error } = operation.outcome;
    if (status === "Succeeded") return operation.plan.result();
    if (status === "InProgress") {
      const { pathname, search } = call.request.url;
      return { status: 202, headers: { location: `${call.endpoint}${pathname}${search}`, "retry-after": "0" } };
    }
    return jsonReply(409, { error });
  },
} satisfies Record<string, Method>;
