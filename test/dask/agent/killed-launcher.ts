/*
 * A launcher that is killed in the middle of something, for killed.test.ts: `killed-launcher.ts ADDRESS WHAT [PATH]`. It says "now" and
 * stays when half of the message that matters is on its way, or when its answer has not been read.
 */
import { readFileSync } from "node:fs";
import { Socket } from "node:net";

import { Calls } from "../../../src/access/calls/calls.ts";
import { Jobs } from "../../../src/access/jobs/jobs.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import type { AgentLink } from "../../../src/dask/agent/link.ts";
import { renewCertificates } from "../../../src/dask/agent/renewal.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Security } from "../../../src/security/security.ts";

const [, , address = "", what = "", path = ""] = process.argv;

function stay(): void {
  setInterval(() => undefined, 60_000);
  process.stdout.write("now\n");
}

/** Of the nth message with this operation, only the first half is sent, and nothing after it. */
function sendHalfOf(op: string, nth = 1): void {
  const write = Reflect.get(Socket.prototype, "write") as (...args: unknown[]) => boolean;
  let [seen, isOver] = [0, false];
  Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
    const [data] = args;
    if (this === process.stdout || !(data instanceof Uint8Array)) return Reflect.apply(write, this, args);
    if (isOver) return true;
    if (!Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(op))
      return Reflect.apply(write, this, args);
    if (++seen < nth) return Reflect.apply(write, this, args);
    isOver = true;
    Reflect.apply(write, this, [data.subarray(0, Math.floor(data.byteLength / 2)), stay]);
    return true;
  };
}

/** Sends a request of this operation whole, and reads no answer. */
function withoutAnswer(client: SchedulerClient, op: string): AgentLink {
  return {
    ask: (request, options) => client.ask(request, options),
    open: async (options) => {
      const comm = await client.open(options);
      const ask: typeof comm.ask = async (request, how) => {
        const answer = await comm.ask(request, how);
        if (request.op !== op) return answer;
        stay();
        return await new Promise<never>(() => undefined);
      };
      return { ask, close: () => comm.close(), [Symbol.asyncDispose]: () => comm.close() };
    },
  };
}

function security(): Security {
  return Security.fromRecord(JSON.parse(readFileSync(path, "utf8")));
}

const tls = what === "renewal" ? { tls: security().clientTls() } : {};
const client = await SchedulerClient.connect(address, tls);
switch (what) {
  case "delivery":
    sendHalfOf("fleet_agent");
    await installAgent(client, { cluster: "killed" });
    break;
  case "upload":
    sendHalfOf("fleet_job_put", 3);
    await new Jobs(() => ({ client })).submit(path, { id: what });
    break;
  case "submit":
    await new Jobs(() => ({ client: withoutAnswer(client, "fleet_job_submit") })).submit(path, { id: what });
    break;
  case "code":
    sendHalfOf("fleet_calls_put", 2);
    await new Calls({ link: () => client }).upload([path], undefined);
    break;
  case "map": {
    const calls = new Calls({ link: () => client, leaseSeconds: 1 });
    await calls.upload([path], undefined);
    for await (const { index } of calls.map("work:slow", [0, 3], { batchSize: 1 })) if (index === 0) stay();
    break;
  }
  case "renewal":
    sendHalfOf("fleet_renew");
    await renewCertificates(client, security().certificates());
    break;
  default:
    throw new TypeError(`There is no ${what}`);
}
