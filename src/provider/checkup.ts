/**
 * How it stands with one thing that a cluster needs.
 *
 * - `good`: it is as it should be.
 * - `bad`: a cluster would fail, or work badly, because of it.
 * - `unknown`: it could not be found out. A cluster may work all the same.
 */
export type FindingState = "good" | "bad" | "unknown";

/** What a check saw. */
export interface Observation {
  /** How it stands. */
  readonly state: FindingState;
  /** What was found, in a few words, such as `region us-east-1`. No secrets. */
  readonly found: string;
  /** The step that mends it, or that answers what could not be found out. Undefined if there is none. */
  readonly remedy?: string | undefined;
}

/** One line of a checkup: a thing that a cluster needs, and how it stands with it. All texts are printable and free of secrets. */
export interface Finding extends Observation {
  /** What was looked at, for programs: `sdk`, `credentials`, `account`, `quota`, `clock` … */
  readonly topic: string;
  /** What was looked at, for people: `vCPU quota`. */
  readonly title: string;
}

/** One thing that a provider can look at before a cluster is started. It creates nothing, changes nothing and costs nothing. */
export interface Check extends Pick<Finding, "topic" | "title"> {
  /** Topics of checks without which this one can tell nothing: it is left out unless all of them are `good`. Default: none. */
  readonly after?: readonly string[] | undefined;
  /** Whether only the checkup needs the permission: a cloud that denies it says nothing about clusters. Default: false. */
  readonly tellsOnly?: boolean | undefined;
  /** Looks. What it throws is the finding, too. Its signal is aborted at the check's deadline. */
  run(signal: AbortSignal): Promise<Observation>;
}
