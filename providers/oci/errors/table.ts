import { ErrorTable } from "../../../src/cloud/errors/error-table.ts";
import { ACCESS } from "./access.ts";
import { CAPACITY, QUOTAS } from "./capacity.ts";
import type { OciFailure } from "./failure.ts";
import { REQUESTS } from "./requests.ts";
import { TRANSIENT } from "./transient.ts";
import { TRANSPORT } from "./transport.ts";

/**
 * What OCI's API can answer, what the network can add, and why machines come to nothing: what each means, and what to do. From
 * https://docs.oracle.com/iaas/Content/API/References/apierrors.htm, and from reports where that is silent.
 */
export const OCI_ERRORS = new ErrorTable<OciFailure>("OCI", [
  ...TRANSPORT,
  ...CAPACITY,
  ...QUOTAS,
  ...ACCESS,
  ...TRANSIENT,
  ...REQUESTS,
]);
