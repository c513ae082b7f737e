import type { CloudFailure } from "../../../src/cloud/errors/error-table.ts";

/** A failed call or operation of Compute Engine. */
export interface GcpFailure extends CloudFailure {
  readonly project: string | undefined;
  /** Undefined: Google's own. */
  readonly endpoint: string | undefined;
}

/** Our own code for no answer of Google's. */
export const NO_ANSWER = "noAnswer";

export const SIGN_IN = 'run "gcloud auth application-default login"';

export const CREATES = /\.(?:insert|bulkInsert)$/;
/** The calls that make machines. */
export const CREATES_MACHINES = /^instances\.(?:insert|bulkInsert)$/;
export const DELETES = /\.delete$/;

export function theProject({ project }: GcpFailure): string {
  return project === undefined ? "the project" : `the project ${project}`;
}

/** ` --project=my-project`, for a command of gcloud. */
export function projectFlag({ project }: GcpFailure): string {
  return project === undefined ? "" : ` --project=${project}`;
}
