import type { Field } from "./fields.ts";

/** One line of a node's log (`ServerNode.get_logs`, distributed/node.py). */
export interface LogEntry {
  /** When it was written, by the node's clock. */
  readonly time: Date;
  /** `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`. */
  readonly level: string;
  /** As the node's own log handler formats it: `distributed.worker - INFO - …`. */
  readonly message: string;
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
export function parseLog(log: Field): LogEntry[] {
  return log.list().map((entry) => {
    const [time, level, message] = entry.triple();
    return { time: time.date(), level: level.text(), message: message.text() };
  });
}
