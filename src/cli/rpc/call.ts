import type { Clusters } from "./clusters.ts";
import type { MethodName, Params } from "./params.ts";
import type { RequestId } from "./parse-request.ts";
import type { RpcProvider } from "./providers.ts";

/** A request under way. */
export interface Call {
  readonly id: RequestId | undefined;
  /** Aborted by `cancel`, and when the client is gone. */
  readonly signal: AbortSignal;
  readonly clusters: Clusters;
  readonly providers: readonly RpcProvider[];
  /** Whether that request was under way. */
  readonly cancel: (id: RequestId) => boolean;
  /** Closes what the client has started. The process ends after the answer. */
  readonly shutdown: () => Promise<readonly string[]>;
}

/** Returns the `result` of the answer. */
export type Method<Name extends MethodName> = (params: Params<Name>, call: Call) => Promise<object>;
