import { endsOf } from "../../ends.ts";
import { gaveUpIn } from "../../fleet/consoles/gave-up.ts";
import { silentEndIn } from "../../fleet/consoles/silent-boot.ts";
import { isAlive, type Machine } from "../../provider/machine.ts";
import { durationInWords } from "../../text/durations.ts";
import { printableName } from "../../text/printable.ts";
import { tail } from "../../text/text.ts";
import { sleep } from "../../wait.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import type { EndReason } from "../handle-types.ts";

/** The end of a cluster that this process did not close. */
export interface ClusterEnd {
  readonly reason: EndReason;
  /** One sentence; after a crash, with the console output (last lines). */
  readonly message: string;
}

export interface EndEvidence {
  readonly spec: Pick<ClusterSpec, "clusterName" | "options" | "expiresAt">;
  /** The scheduler's machine as last seen. */
  readonly machine: Machine;
  /** The machine as the provider lists it now; undefined when unlisted. */
  readonly listed: Machine | undefined;
  /** Its console output. */
  readonly console: string;
  /** When the cluster was made, if known: it has not been idle for longer. */
  readonly since?: Date | undefined;
}

const DEADLINE = /dask-fleet: the deadline has passed/u;
/** Log lines at the end of a scheduler, its own, of templates/agent/ends.py, or of templates/start-node.sh. The first match wins. */
const SIGNS: readonly (readonly [RegExp, EndReason])[] = [
  [/dask-fleet: no client, launcher or job for /u, "no-client"],
  [DEADLINE, "lifetime"],
  [/Scheduler closing after being idle for|Closing scheduler\. Reason: idle-timeout/u, "idle-timeout"],
  [/dask-fleet: the lifetime is over/u, "lifetime"],
  [/Received signal SIG(?:TERM|INT)|Closing scheduler\. Reason: signal-/u, "removed"],
  [/Closing scheduler\. Reason: /u, "shutdown"],
];
/** Some clouds delete a machine this long before it expires. */
const EARLY_MS = 60_000;
const STARTED = "dask-fleet: starting the scheduler";
const ENDED_WELL =
  /dask-fleet: (?:the scheduler ended with status 0\b|this machine's part in \S+ is over: Dask has ended)/u;

export function whyEnded(evidence: EndEvidence): ClusterEnd {
  const { spec, console } = evidence;
  const reason = reasonOf(evidence);
  const end = reason === "crash" ? tail(console) : "";
  return {
    reason,
    message: `The scheduler of ${spec.clusterName} has ended (${inWords(reason, evidence)}): the cluster is closed.${end}`,
  };
}

/** Checks a suspected crash twice: a deleted machine stops first. */
export async function findOutWhyEnded(
  evidence: Omit<EndEvidence, "listed">,
  look: () => Promise<Machine | undefined>,
  pauseMs: number,
): Promise<ClusterEnd> {
  const first = whyEnded({ ...evidence, listed: await look().catch(() => evidence.machine) });
  if (first.reason !== "crash" && first.reason !== "unknown") return first;
  await sleep(pauseMs, undefined, { ref: false });
  return await look().then(
    (listed) => whyEnded({ ...evidence, listed }),
    () => first,
  );
}

function reasonOf({ spec, listed, console, since }: EndEvidence): EndReason {
  const { idleMs } = endsOf(spec.options);
  const mayBeIdle = idleMs !== undefined && !(since !== undefined && Date.now() - since.getTime() < idleMs);
  const lastRun = lastRunIn(console);
  const said = SIGNS.find(([sign]) => sign.test(lastRun))?.[1];
  if (said !== undefined && said !== "removed") return said;
  if (spec.expiresAt !== undefined && spec.expiresAt.getTime() <= Date.now() + EARLY_MS) return "lifetime";
  if (said !== undefined) return said;
  // The scheduler's own log was off.
  if (ENDED_WELL.test(lastRun)) return mayBeIdle ? "idle-timeout" : "shutdown";
  if (gaveUpIn(console, spec.clusterName) !== undefined) return "crash";
  // The cloud has not noticed its death.
  if (listed !== undefined && isAlive(listed) && silentEndIn(console) !== undefined) return "crash";
  const isGone = listed === undefined || listed.state === "ending" || isAlive(listed);
  if (!isGone) return console.includes(STARTED) ? "crash" : "unknown";
  // Some machines delete themselves when Dask has ended.
  return mayBeIdle ? "unknown" : "removed";
}

/** What the console shows since the scheduler's last start. */
function lastRunIn(console: string): string {
  return console.slice(Math.max(0, console.lastIndexOf(STARTED)));
}

function inWords(reason: EndReason, { spec, machine, console }: EndEvidence): string {
  const { idleMs, noClientMs } = endsOf(spec.options);
  const id = printableName(machine.id);
  const gaveUp = gaveUpIn(console, spec.clusterName) ?? silentEndIn(console);
  const words: Readonly<Record<EndReason, string>> = {
    "idle-timeout": `idle time-out${idleMs === undefined ? "" : `: no work for ${durationInWords(idleMs)}`}`,
    "no-client": `no client, launcher or work${noClientMs === undefined ? "" : ` for ${durationInWords(noClientMs)}`}`,
    lifetime: DEADLINE.test(lastRunIn(console)) ? "its deadline has passed" : "maxLifetimeMs has expired",
    shutdown: "a client shut it down",
    removed: `machine ${id} was removed or stopped from outside`,
    crash: `crash: machine ${id} ${gaveUp === undefined ? "has stopped" : `gave up: ${gaveUp.reason}`}`,
    unknown: `machine ${id} has stopped without readable console output: idle time-out, shutdown or crash`,
  };
  return words[reason];
}
