import { incorrectState, invalid, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { captureConsole } from "../bodies/instance.ts";
import { checkNamed } from "../checks/names.ts";
import { ConsoleHistory } from "../state/console-history.ts";
import { made } from "../state/make-networks.ts";
import {
  type Call,
  checkMatch,
  compartmentOf,
  filtered,
  list,
  type Method,
  NO_CONTENT,
  once,
  part,
  query,
  resourceReply,
} from "./call.ts";

const DEFAULT_LENGTH = 10_240;
const MOST_LENGTH = 1_048_576;

function historyOf(call: Call): ConsoleHistory {
  return call.account.consoles.get(part(call, "instanceConsoleHistoryId"));
}

/** A number of bytes that a query asks for. */
function bytes(call: Call, name: string, absent: number): number {
  const value = Number(query(call, name) ?? absent);
  if (!Number.isInteger(value) || value < 0 || value > MOST_LENGTH)
    throw invalid(`Invalid ${name}: ${query(call, name)}`);
  return value;
}

export const CONSOLES = {
  CaptureConsoleHistory: (call) => {
    const { account, request } = call;
    const { clock, options, consoles, instances } = account;
    const body = parsed(captureConsole, request);
    checkNamed(account, body);
    const instance = instances.get(body.instanceId);
    if (instance.terminatedAt !== undefined) throw notFound();
    if (instance.state === "PROVISIONING") {
      throw incorrectState(`Instance ${instance.id} is in state PROVISIONING: it has no console history yet`);
    }
    const history = once(
      call,
      () => {
        const { compartmentId } = instance;
        const parts = made(account, { ...body, compartmentId }, "consolehistory");
        const begun = consoles.put(new ConsoleHistory(parts, instance));
        const { consoleMs = 3000 } = options;
        clock.after(consoleMs / 2, () => begun.begin());
        clock.after(consoleMs, () => void begun.capture());
        return begun;
      },
      (id) => consoles.find(id),
    );
    return resourceReply(history);
  },
  ListConsoleHistories: (call) => {
    const histories = call.account.consoles.listed(compartmentOf(call));
    return list(call, filtered(call, histories, ["availabilityDomain", "instanceId", "lifecycleState"]));
  },
  GetConsoleHistory: (call) => resourceReply(historyOf(call)),
  GetConsoleHistoryContent: (call) => {
    const { content, id, state } = historyOf(call);
    if (content === undefined) throw incorrectState(`Console history ${id} is in state ${state}`);
    const offset = bytes(call, "offset", 0);
    const body = content.subarray(offset, offset + bytes(call, "length", DEFAULT_LENGTH));
    const remaining = Math.max(0, content.length - offset - body.length);
    return { status: 200, headers: { "content-type": "text/plain", "opc-bytes-remaining": String(remaining) }, body };
  },
  DeleteConsoleHistory: (call) => {
    const history = historyOf(call);
    checkMatch(call, history);
    call.account.consoles.delete(history);
    return NO_CONTENT;
  },
} as const satisfies Readonly<Record<string, Method>>;
