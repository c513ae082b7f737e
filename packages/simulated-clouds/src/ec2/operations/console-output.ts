import type { GetConsoleOutputRequest, GetConsoleOutputResult } from "@aws-sdk/client-ec2";

import { Ec2Error } from "../errors.ts";
import type { Call } from "./call.ts";

const MOST_BYTES = 65_536;
const DEFAULT_LAG_MS = 60_000;

/** Without `Latest`, what was printed is only there after a while, or when the machine is off. */
export async function getConsoleOutput(call: Call<GetConsoleOutputRequest>): Promise<GetConsoleOutputResult> {
  const { account, input } = call;
  const [instance] = account.instances.demand([input.InstanceId ?? ""], { lagging: account.lagging });
  if (instance === undefined) throw new Error("An instance was demanded");
  if (input.Latest === true && !instance.plan.type.nitro) {
    throw new Ec2Error(
      "UnsupportedOperation",
      "This instance type does not support retrieving the latest console logs.",
    );
  }
  const lagMs = account.setting.options.consoleLagMs ?? DEFAULT_LAG_MS;
  const isOff = instance.state !== "pending" && instance.state !== "running";
  const isThere = isOff || input.Latest === true || account.now - instance.machine.createdAt >= lagMs;
  const output = isThere ? Buffer.from(await instance.machine.console()).subarray(-MOST_BYTES) : Buffer.alloc(0);
  return {
    InstanceId: instance.id,
    Timestamp: new Date(account.now),
    Output: output.length === 0 ? undefined : output.toString("base64"),
  };
}
