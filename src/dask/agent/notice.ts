import type { NoticeChange } from "../../progress.ts";
import type { FieldMap } from "../fields.ts";

/** What the agent (`templates/agent/departures.py`) tells of a spot notice. */
export interface NoticeEvent {
  readonly state: NoticeChange;
  /** Names of the machine's workers. */
  readonly workers: readonly string[];
  /** Whose word it is, such as `ec2`. */
  readonly cloud: string;
  /** What the cloud does, such as `terminate`. */
  readonly action: string;
  /** The time until then, in milliseconds. */
  readonly leftMs: number;
  /** When `moved` or `late`: what has moved, and in which time. */
  readonly moved?: { readonly keys: number; readonly bytes: number; readonly tookMs: number } | undefined;
  /** When `late`: what has not. Tasks that still run count, too. */
  readonly left?:
    | { readonly keys: number; readonly bytes: number; readonly tasks: number; readonly actors: number }
    | undefined;
}

const STATES: readonly string[] = ["given", "moved", "late", "withdrawn"] satisfies NoticeChange[];

/** @throws DaskFleetError `PROTOCOL_VIOLATION` for an event of another form */
export function parseNotice(event: FieldMap): NoticeEvent | undefined {
  const state = event.get("state").text();
  // Of a newer agent.
  if (!isState(state)) return undefined;
  const number = (name: string): number => event.get(name).number();
  return {
    state,
    workers: event
      .get("workers")
      .list()
      .map((name) => name.label()),
    cloud: event.get("cloud").text(),
    action: event.get("action").text(),
    leftMs: number("seconds") * 1000,
    ...(event.has("took")
      ? { moved: { keys: number("keys"), bytes: number("bytes"), tookMs: number("took") * 1000 } }
      : {}),
    ...(event.has("keys_left")
      ? {
          left: {
            keys: number("keys_left"),
            bytes: number("bytes_left"),
            tasks: number("tasks"),
            actors: number("actors"),
          },
        }
      : {}),
  };
}

function isState(text: string): text is NoticeChange {
  return STATES.includes(text);
}
