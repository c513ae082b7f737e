import type { Account } from "../state/account.ts";
import { type Ec2Instance, type EndReason, GUEST_INITIATED, SPOT_INTERRUPTION } from "../state/instance.ts";

/** Terminates an instance; a spot instance's request ends with it. */
export function terminate(account: Account, instance: Ec2Instance, reason: EndReason): void {
  instance.terminate(reason);
  const request = account.spotRequests.get(instance.spotRequestId ?? "");
  if (request?.state !== "active") return;
  request.state = "closed";
  request.status = reason === SPOT_INTERRUPTION ? "instance-terminated-no-capacity" : "instance-terminated-by-user";
}

/** What becomes of an instance that was shut down from inside. A one-time spot instance cannot be stopped: it ends. */
export function guestShutDown(account: Account, instance: Ec2Instance): void {
  const { shutdownBehavior, spot } = instance.plan;
  if (shutdownBehavior === "terminate" || spot !== undefined) terminate(account, instance, GUEST_INITIATED);
  else instance.stop(GUEST_INITIATED);
}
