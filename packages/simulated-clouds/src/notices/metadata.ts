import type { SpotNotices } from "./spot-notices.ts";

/** The part of an answer of a metadata service. */
export interface MetadataAnswer {
  readonly status: number;
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The hanging GET of a service without `timeout_sec`. */
const LONGEST_HOLD_MS = 10 * 60_000;

/** EC2's folder `/latest/meta-data/spot/`; undefined without a notice: its values are not found then. */
export function ec2Spot(notices: SpotNotices, machine: string): Readonly<Record<string, string>> | undefined {
  const notice = notices.of(machine);
  if (notice === undefined) return undefined;
  const time = notice.at.toISOString().replace(/\.\d+Z$/u, "Z");
  return {
    "instance-action": JSON.stringify({ action: notice.action, time }),
    ...(notice.action === "terminate" ? { "termination-time": time } : {}),
  };
}

/** Google's `/computeMetadata/v1/instance/preempted`, which waits for a change when it is asked to. */
export async function gcpPreempted(
  notices: SpotNotices,
  machine: string,
  query: URLSearchParams,
): Promise<MetadataAnswer> {
  const value = (): string => (notices.of(machine) === undefined ? "FALSE" : "TRUE");
  const etag = (): string => (value() === "TRUE" ? "a1b2c3d4e5f60718" : "0011223344556677");
  const seen = query.get("last_etag") ?? etag();
  if (query.get("wait_for_change")?.toLowerCase() === "true") {
    const heldMs = Number(query.get("timeout_sec") ?? LONGEST_HOLD_MS / 1000) * 1000;
    const until = performance.now() + heldMs;
    while (etag() === seen && performance.now() < until) await notices.changed(until - performance.now());
  }
  return { status: 200, body: value(), headers: { ETag: etag() } };
}

/**
 * Azure's `/metadata/scheduledevents`. Each machine of a scale set is told of all of them.
 *
 * @param nameOf the name of a machine's VM
 */
export function azureEvents(
  notices: SpotNotices,
  query: URLSearchParams,
  nameOf: (machine: string) => string,
): MetadataAnswer {
  if (!/^20\d\d-\d\d-\d\d$/u.test(query.get("api-version") ?? "")) {
    return { status: 400, body: JSON.stringify({ error: "Bad request. api-version is invalid or was not specified" }) };
  }
  const events = [...notices.all].map(([machine, { at }]) => ({
    EventId: `C7061BAC-AFDC-4513-B24B-AA5F13A1${machine.length.toString(16).padStart(4, "0")}`,
    EventStatus: at.getTime() > Date.now() ? "Scheduled" : "Started",
    EventType: "Preempt",
    ResourceType: "VirtualMachine",
    Resources: [nameOf(machine)],
    NotBefore: at.getTime() > Date.now() ? at.toUTCString() : "",
    Description: "",
    EventSource: "Platform",
    DurationInSeconds: -1,
  }));
  return {
    status: 200,
    type: "application/json",
    body: JSON.stringify({ DocumentIncarnation: notices.version, Events: events }),
  };
}
