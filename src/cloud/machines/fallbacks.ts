import { asError, DaskFleetError, type ErrorCode, linesOf, meaningOf } from "../../errors.ts";
import type { CreatedMachines, Machine } from "../../provider/machine.ts";
import { CloudError, reasonOf } from "../errors/cloud-error.ts";

/** The cloud refused: nothing was created. */
const REFUSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CAPACITY_UNAVAILABLE",
  "QUOTA_EXCEEDED",
  "CONFIG_INVALID",
  "AUTH_FAILED",
]);

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
 * Creates `count` machines from the first candidate and falls back to the next for the remainder, and so on. A failure that is not a
 * lack of capacity ends it. What was created is always returned.
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
    if (!helpsElsewhere(made.shortfall)) break;
    if (isQuota(made.shortfall)) exhausted.add(quotaOf(candidate));
  }
  return { machines, shortfall: combined(failures), uncertain };
}

/** A call that failed in any other way than by a refusal may have created machines. */
function failed(error: unknown): CreatedMachines {
  const shortfall = asError(error);
  return { machines: [], shortfall, uncertain: !isRefusal(shortfall) };
}

function isRefusal(error: Error): boolean {
  if (error instanceof CloudError) return error.refused;
  return error instanceof DaskFleetError && REFUSED.has(error.code);
}

/** Whether another zone, machine type or capacity type may have capacity. */
function helpsElsewhere(error: Error): boolean {
  if (error instanceof CloudError) return error.elsewhere;
  const meaning = meaningOf(error);
  return meaning === "capacity" || meaning === "quota";
}

function isQuota(error: Error): boolean {
  return meaningOf(error) === "quota";
}

/** The last failure says why it ended. If all candidates were tried, each reason appears once, with its candidates. */
function combined(failures: readonly Failure[]): Error {
  const last = failures.at(-1);
  if (last === undefined)
    return new DaskFleetError("CONFIG_INVALID", "No zone and no machine type are left to choose from.");
  if (failures.length === 1 || !helpsElsewhere(last.error)) return last.error;
  const byReason = [...Map.groupBy(failures, ({ error }) => reasonOf(error)).values()];
  const cause = new AggregateError(failures.map(({ error }) => error));
  const each = byReason.flatMap((same) => {
    const [first, ...more] = linesOf(same[0]?.error);
    return [`- ${same.map(({ where }) => where).join(", ")}: ${first}`, ...more];
  });
  // Without a lack of capacity anywhere, waiting for it does not help.
  const lacks = failures.filter(({ error }) => meaningOf(error) === "capacity" || isQuota(error));
  if (lacks.length === 0) {
    const { code, meaning } = codeAndMeaning(last.error);
    return new DaskFleetError(code, ["None of the candidates can have these machines:", ...each], { cause, meaning });
  }
  const code = lacks.every(({ error }) => isQuota(error)) ? "QUOTA_EXCEEDED" : "CAPACITY_UNAVAILABLE";
  return new DaskFleetError(code, ["Not enough capacity. Tried:", ...each], { cause });
}

function codeAndMeaning(error: Error): Pick<DaskFleetError, "code" | "meaning"> {
  return error instanceof DaskFleetError ? error : { code: "PROVIDER_FAILED", meaning: "unknown" };
}
