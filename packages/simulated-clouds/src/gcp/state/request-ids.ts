import { createHash } from "node:crypto";

import { NotUnderstood } from "../../core/http-cloud.ts";
import { invalidField } from "../api-error.ts";
import type { ApiCall } from "../parse-request.ts";
import type { Operation } from "./operations.ts";

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/iu;
const ZERO = "00000000-0000-0000-0000-000000000000";

/** Which operation each `requestId` began: the same request, sent again, gets the same operation. */
export class RequestIds {
  readonly #known = new Map<string, { readonly request: string; readonly operation: Operation }>();

  /** The operation that this request has begun before. */
  replay(call: ApiCall): Operation | undefined {
    const { requestId } = call.parameters;
    if (requestId === undefined) return undefined;
    if (!UUID.test(requestId) || requestId === ZERO) {
      throw invalidField("requestId", requestId, "The request ID must be a valid UUID, and not zero.");
    }
    const known = this.#known.get(requestId);
    // Undocumented: another request with the same ID. No caller should depend on it.
    if (known !== undefined && known.request !== digest(call)) {
      throw new NotUnderstood(`${call.route.operation}: the requestId ${requestId} has been used for another request`);
    }
    return known?.operation;
  }

  keep(call: ApiCall, operation: Operation): void {
    const { requestId } = call.parameters;
    if (requestId !== undefined) this.#known.set(requestId, { request: digest(call), operation });
  }
}

function digest({ route, parameters, body }: ApiCall): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([route.operation, sorted, body]))
    .digest("hex");
}
