import { timestamp } from "../state/resource.ts";
import { workRequestJson, workRequestSummary } from "../state/work-requests.ts";
import { compartmentOf, listOf, type Method, part, query, reply } from "./call.ts";

export const WORK_REQUESTS = {
  ListWorkRequests: (call) => {
    const compartmentId = compartmentOf(call);
    const resourceId = query(call, "resourceId");
    const requests = call.account.workRequests.all.filter(
      (each) =>
        each.compartmentId === compartmentId && (resourceId ?? each.resource.identifier) === each.resource.identifier,
    );
    return listOf(
      call,
      requests.map((each) => ({ key: each.id, json: () => workRequestSummary(each) })),
    );
  },
  GetWorkRequest: (call) => reply(workRequestJson(call.account.workRequests.get(part(call, "workRequestId")))),
  ListWorkRequestErrors: (call) => {
    const { error } = call.account.workRequests.get(part(call, "workRequestId"));
    if (error === undefined) return listOf(call, []);
    const { code, message, at } = error;
    return listOf(call, [{ key: code, json: () => ({ code, message, timestamp: timestamp(at) }) }]);
  },
} as const satisfies Readonly<Record<string, Method>>;
