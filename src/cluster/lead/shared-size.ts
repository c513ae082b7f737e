import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import { readIntendedSize } from "../../state/intended-size.ts";
import { within } from "../../wait.ts";
import type { Lead } from "./lead.ts";

/** A file system that does not answer holds up nobody for longer, and no close. */
export const STATE_TIMEOUT_MS = 30_000;

/**
 * How many workers there should be, as any process that holds a handle on the cluster has said. A size that cannot be read is told,
 * and changes nothing: undefined.
 */
export async function sharedSize(clusterName: string, lead: Lead, troubles: Troubles): Promise<number | undefined> {
  try {
    const size = await within("the number of workers", new Deadline(STATE_TIMEOUT_MS), () =>
      readIntendedSize(clusterName),
    );
    troubles.tellOf("state", lead.trouble?.message);
    return size;
  } catch (error) {
    troubles.tell("state", messageOf(error));
    return undefined;
  }
}
