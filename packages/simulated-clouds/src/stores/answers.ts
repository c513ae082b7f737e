import type { WireReply, WireRequest } from "../core/wire.ts";

/** A request as a store or a metadata service gets it. */
export interface StoreRequest extends WireRequest {
  /** The host that it was meant for, in lower case, with its port if it names one. */
  readonly host: string;
}

/** A service that knows some hosts and paths; of others it says nothing. */
export type Service = (request: StoreRequest) => WireReply | undefined;

/** An answer in JSON. */
export function json(status: number, said: object, headers: Readonly<Record<string, string>> = {}): WireReply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(said) };
}

/** An answer in plain text. */
export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): WireReply {
  return { status, headers: { "content-type": "text/plain", ...headers }, body };
}

/** The token of `Authorization: Bearer …`. */
export function bearer({ headers }: StoreRequest): string | undefined {
  return /^Bearer (\S+)$/u.exec(headers["authorization"] ?? "")?.[1];
}

/** The members of a body in JSON; none where it is something else. */
export function members({ body }: StoreRequest): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(body.toString());
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
