import { DaskFleetError } from "../../../src/errors.ts";

/** A promise's rejection, for a later check; it counts as handled from now on. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail");
}

/** `"fine"`, or the code of the error that hostile input caused; any other error is rethrown. */
export function outcomeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof DaskFleetError) return error.code;
    throw error;
  }
  return "fine";
}

/** Hostile input is parsed or refused, without side effects. */
export const UNDERSTOOD_OR_REFUSED: RegExp = /^(?:fine|PROTOCOL_VIOLATION)$/u;
