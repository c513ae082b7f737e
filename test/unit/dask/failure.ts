import { DaskFleetError } from "../../../src/errors.ts";

/** What a promise is rejected with, to be looked at later; from now on the rejection counts as handled. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail");
}

/** `"fine"`, or the code of the error that hostile input led to; any other kind of error is thrown. */
export function outcomeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof DaskFleetError) return error.code;
    throw error;
  }
  return "fine";
}

/** Hostile input is understood or refused, and does nothing else. */
export const UNDERSTOOD_OR_REFUSED: RegExp = /^(?:fine|PROTOCOL_VIOLATION)$/u;
