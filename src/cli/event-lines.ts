import { seconds } from "../deadline.ts";
import type { ProgressEvent } from "../index.ts";
import { DEFAULT_GROUP } from "../provider/worker-group.ts";
import { printableName } from "../text/printable.ts";

/** The line of an event; undefined for one that is not shown. */
export function lineOf(event: ProgressEvent): string | undefined {
  switch (event.type) {
    case "state":
      return event.state;
    case "phase-finished":
      return `${event.phase}: ${seconds(event.durationMs)}`;
    case "machine":
      if (event.change !== "lost") return undefined;
      return `machine ${printableName(event.id)}${ofGroup(event)} lost: ${event.reason ?? ""}`;
    case "notice":
      // It counts as lost from the notice on, and what is not done in time is a warning.
      return event.change === "moved" || event.change === "withdrawn" ? event.message : undefined;
    case "target":
      return `target${ofGroup(event)}: ${event.workers} ${event.workers === 1 ? "worker" : "workers"}`;
    case "ends":
      return event.message;
    case "rollback":
      return `${event.isWanted ? "start ended" : "start failed"}: removing what it created`;
    case "warning":
      return `warning: ${event.message}`;
    case "trouble":
      return event.change === "ended" ? `back to normal: ${event.message}` : undefined;
    case "phase-started":
    case "expected":
    case "scheduler":
    case "console":
  }
  return undefined;
}

/** The default group is not mentioned. */
function ofGroup({ group }: { readonly group: string }): string {
  return group === DEFAULT_GROUP ? "" : ` of ${printableName(group)}`;
}
