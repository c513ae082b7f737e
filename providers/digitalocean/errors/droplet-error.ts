import { CloudError, type CloudErrorParts } from "../../../src/cloud/errors/cloud-error.ts";
import { printableLine } from "../../../src/text/printable.ts";
import { isUndone, type RequestFailure } from "../api/retries.ts";
import type { DropletFailure } from "./failure.ts";
import { DROPLET_ERRORS } from "./table.ts";

/** A call of DigitalOcean's API that failed. It holds nothing of the request, so no token. */
export class DropletError extends CloudError {
  /** HTTP's; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(parts: CloudErrorParts, status: number | undefined) {
    super(parts);
    this.status = status;
  }
}

/** What was asked. */
export interface Asked {
  /** Such as `POST /v2/droplets`. */
  readonly action: string;
  readonly baseUrl: string;
  readonly attempts: number;
}

export function explain(request: RequestFailure, asked: Asked): DropletError {
  const { status, code, message } = request;
  const explained = DROPLET_ERRORS.explain(failureOf(request, asked));
  const words = [status === undefined ? "" : String(status), code].filter((word) => word !== "").join(" ");
  const said = message === "" ? words : `${words}: ${printableLine(message)}`;
  return new DropletError(
    { ...explained, said: `${asked.action}: ${said}`, cloudCode: code, refused: isUndone(request) },
    status,
  );
}

function failureOf({ status, code, message, headers }: RequestFailure, asked: Asked): DropletFailure {
  const { action, baseUrl, attempts } = asked;
  const { host } = new URL(baseUrl);
  const hourIsUsedUp = headers.get("ratelimit-remaining") === "0";
  return { action, attempts, status, message, codes: code === "" ? [] : [code], server: host, hourIsUsedUp };
}

/** An answer that is not DigitalOcean's. The call may have taken effect. */
export function notUnderstood(action: string): DropletError {
  const sentence = `The response to ${action} did not come from DigitalOcean. Check proxy and endpoint.`;
  return new DropletError(
    {
      code: "PROVIDER_FAILED",
      meaning: "unknown",
      elsewhere: false,
      sentence,
      said: "",
      cloudCode: "",
      refused: false,
    },
    undefined,
  );
}

/** The resource does not exist, or not any more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof DropletError && error.status === 404;
}
