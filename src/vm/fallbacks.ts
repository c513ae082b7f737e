import type { CreatedMachines, Machine } from "../cluster/machine.ts";
import { DaskFleetError, type ErrorCode, messageOf } from "../errors.ts";

const QUOTA: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["QUOTA_EXCEEDED"]);
/** Another place, type or price may have what this one has not. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["CAPACITY_UNAVAILABLE", "QUOTA_EXCEEDED"]);
/** The cloud has refused: it is known that nothing was made. */
const REFUSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([...ELSEWHERE, "CONFIG_INVALID", "AUTH_FAILED"]);

interface Failure {
  readonly where: string;
  readonly error: Error;
}

interface CandidateWords<Candidate> {
  /** A candidate in words, such as `m7i.large in us-east-1a`. */
  readonly describe: (candidate: Candidate) => string;
  /** What has a quota of its own, such as a type in a region: of those that share an exhausted one, only the first is asked. */
  readonly quotaOf: (candidate: Candidate) => string;
}

/**
 * Makes `count` machines of the first candidate, and what it has not of the next, and so on. A failure that is not for lack of
 * machines ends it. What was made is always told.
 */
export async function createWithFallbacks<Candidate>(
  candidates: readonly Candidate[],
  count: number,
  create: (candidate: Candidate, count: number) => Promise<CreatedMachines>,
  { describe, quotaOf }: CandidateWords<Candidate>,
): Promise<CreatedMachines> {
  const machines: Machine[] = [];
  const failures: Failure[] = [];
  const exhausted = new Set<string>();
  let uncertain = false;
  for (const candidate of candidates) {
    if (exhausted.has(quotaOf(candidate))) continue;
    const made = await create(candidate, count - machines.length).catch(failed);
    machines.push(...made.machines);
    uncertain ||= made.uncertain ?? false;
    if (made.shortfall === undefined) return { machines, ...(uncertain ? { uncertain } : {}) };
    failures.push({ where: describe(candidate), error: made.shortfall });
    if (!has(ELSEWHERE, made.shortfall)) break;
    if (has(QUOTA, made.shortfall)) exhausted.add(quotaOf(candidate));
  }
  return { machines, shortfall: combined(failures), uncertain };
}

/** A call that has failed in any other way than by a plain refusal may have made machines all the same. */
function failed(error: unknown): CreatedMachines {
  const shortfall = error instanceof Error ? error : new Error(messageOf(error));
  return { machines: [], shortfall, uncertain: !has(REFUSED, shortfall) };
}

function has(codes: ReadonlySet<ErrorCode>, error: Error): boolean {
  return error instanceof DaskFleetError && codes.has(error.code);
}

/** The last failure says why it ended; where all were for lack of machines or quota, each place is named. */
function combined(failures: readonly Failure[]): Error {
  const last = failures.at(-1);
  if (last === undefined)
    return new DaskFleetError("CONFIG_INVALID", "There is no zone and no type of machine to choose from.");
  if (failures.length === 1 || !has(ELSEWHERE, last.error)) return last.error;
  const each = failures.map(({ where, error }) => `\n- ${where}: ${error.message}`).join("");
  const code = failures.every(({ error }) => has(QUOTA, error)) ? "QUOTA_EXCEEDED" : "CAPACITY_UNAVAILABLE";
  return new DaskFleetError(code, `Not enough machines could be had anywhere that was tried:${each}`, {
    cause: new AggregateError(failures.map(({ error }) => error)),
  });
}
