const MIB = 1024 * 1024;

/** Bounds of a connection, for clients that are slow, broken or hostile. */
export const LIMITS = {
  /** Bytes of a request's line, its end not counted. */
  lineBytes: 16 * MIB,
  /** Of a request's JSON. */
  depth: 100,
  /** Characters of a request's id. */
  idLength: 200,
  /** Requests under way. */
  requests: 1024,
  /** Events that wait for a slow reader; more drop the oldest. */
  waitingEvents: 1000,
  waitingEventBytes: 4 * MIB,
  /** Answers are never dropped. A client with more unread answers than this counts as gone. */
  waitingAnswerBytes: 64 * MIB,
  /** Of one write. */
  chunkBytes: 64 * 1024,
  /** Text of a page of logs. */
  pageBytes: MIB,
  /** Handles of ended clusters that are remembered. */
  ended: 1000,
} as const;
