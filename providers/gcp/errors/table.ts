import { ErrorTable } from "../../../src/cloud/errors/error-table.ts";
import { CREDENTIALS, FORBIDDEN, PERMISSIONS, PROJECT } from "./access.ts";
import { CAPACITY, MIN_COUNT, QUOTAS } from "./capacity.ts";
import type { GcpFailure } from "./failure.ts";
import { POLICIES } from "./policies.ts";
import { MISSING, MISSING_BY_STATUS, REQUESTS } from "./requests.ts";
import { THROTTLING, TRANSIENT } from "./transient.ts";
import { TRANSPORT } from "./transport.ts";

/**
 * All that Compute Engine's calls and operations can answer. The order matters where one failure has several codes, or a code has
 * several meanings: who asks comes first, then what forbids it, then what there is too little of.
 */
export const GCP_ERRORS = new ErrorTable<GcpFailure>("Compute Engine", [
  ...CREDENTIALS,
  ...THROTTLING,
  ...PROJECT,
  ...POLICIES,
  ...CAPACITY,
  ...QUOTAS,
  ...TRANSIENT,
  ...PERMISSIONS,
  ...TRANSPORT,
  ...REQUESTS,
  ...MISSING,
  ...MIN_COUNT,
  ...FORBIDDEN,
  ...MISSING_BY_STATUS,
]);
