import { ErrorTable } from "../../../src/cloud/errors/error-table.ts";
import { ACCESS, FORBIDDEN } from "./access.ts";
import { CAPACITY } from "./capacity.ts";
import type { AzureFailure } from "./failure.ts";
import { IMAGES } from "./images.ts";
import { NETWORK } from "./network.ts";
import { REQUESTS, PLACES } from "./requests.ts";
import { TRANSIENT } from "./transient.ts";
import { TRANSPORT } from "./transport.ts";

/**
 * Every error that Azure's calls for machines, scale sets, networks, disks and images are known to answer. Sources: "Troubleshoot
 * common Azure deployment errors", "Common VM error codes", and answers that other projects have published.
 */
export const AZURE_ERRORS: ErrorTable<AzureFailure> = new ErrorTable<AzureFailure>("Azure", [
  ...TRANSPORT,
  ...ACCESS,
  ...PLACES,
  ...CAPACITY,
  ...IMAGES,
  ...NETWORK,
  ...TRANSIENT,
  ...REQUESTS,
  ...FORBIDDEN,
]);
