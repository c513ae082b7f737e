import { DaskFleetError, type ErrorCode } from "../../src/errors.ts";
import { oneLine } from "../../src/vm/one-line.ts";
import { wordsFor } from "./error-words.ts";
import type { RequestFailure } from "./request-failure.ts";
import { isUndone } from "./retries.ts";

/** A call of DigitalOcean's API that failed, in a plain sentence. It holds nothing of the request, so no token either. */
export class DropletError extends DaskFleetError {
  /** HTTP's; undefined where there was no answer. */
  readonly status: number | undefined;
  /** It is known that nothing was done. */
  readonly refused: boolean;

  constructor(code: ErrorCode, message: string, { status, refused }: Pick<DropletError, "status" | "refused">) {
    super(code, message);
    this.status = status;
    this.refused = refused;
  }
}

/** What was asked. */
export interface Asked {
  /** Such as `POST /v2/droplets`. */
  readonly action: string;
  readonly baseUrl: string;
  readonly attempts: number;
}

export function explain(failure: RequestFailure, asked: Asked): DropletError {
  const { status, code, message } = failure;
  const { code: ours, sentence } = wordsFor(failure, asked);
  const words = [status === undefined ? "" : String(status), code].filter((word) => word !== "").join(" ");
  const said = message === "" ? words : `${words}: ${oneLine(message)}`;
  return new DropletError(ours, `${sentence} (${asked.action}: ${said})`, { status, refused: isUndone(failure) });
}

/** An answer that is none of DigitalOcean's; what was asked for may have been done. */
export function notUnderstood(action: string): DropletError {
  const message = `The answer to ${action} is none of DigitalOcean's: is there a proxy, or a wrong endpoint, in between?`;
  return new DropletError("PROVIDER_FAILED", message, { status: undefined, refused: false });
}

/** It is not there, or not there any more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof DropletError && error.status === 404;
}
