import { ErrorTable } from "../../../src/cloud/errors/error-table.ts";
import { ACCESS } from "./access.ts";
import { CAPACITY, OTHER_QUOTAS, QUOTAS } from "./capacity.ts";
import { ENDINGS } from "./endings.ts";
import type { Ec2Failure } from "./failure.ts";
import { GONE, REQUESTS } from "./requests.ts";
import { TRANSIENT } from "./transient.ts";
import { TRANSPORT } from "./transport.ts";

/**
 * What EC2's API can answer, what the SDK and the network can add, and why machines end: what each means, and what to do. From
 * https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html, and from reports where that is silent.
 */
export const EC2_ERRORS = new ErrorTable<Ec2Failure>("EC2", [
  ...TRANSPORT,
  ...ENDINGS,
  ...ACCESS,
  ...CAPACITY,
  ...QUOTAS,
  ...TRANSIENT,
  ...GONE,
  ...REQUESTS,
  ...OTHER_QUOTAS,
]);
