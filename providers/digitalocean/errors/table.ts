import { ErrorTable } from "../../../src/cloud/errors/error-table.ts";
import { ACCOUNT, TOKEN } from "./access.ts";
import { CAPACITY, QUOTAS } from "./capacity.ts";
import type { DropletFailure } from "./failure.ts";
import { LACKING, REQUESTS } from "./requests.ts";
import { THROTTLING, TRANSIENT } from "./transient.ts";
import { TRANSPORT } from "./transport.ts";

/**
 * DigitalOcean's errors. Its answer has an `id`, which says no more than the status, and a sentence. The sentence decides. Sources:
 * its documentation, and public reports of doctl, Terraform, Packer and others.
 */
export const DROPLET_ERRORS: ErrorTable<DropletFailure> = new ErrorTable<DropletFailure>("DigitalOcean", [
  ...ACCOUNT,
  ...QUOTAS,
  ...TOKEN,
  ...THROTTLING,
  ...TRANSIENT,
  ...LACKING,
  ...CAPACITY,
  ...REQUESTS,
  ...TRANSPORT,
]);
