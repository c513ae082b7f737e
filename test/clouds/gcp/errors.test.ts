import { describe, expect, test } from "vitest";

import { explain, failureOf, failureOfOperation, isPassing } from "../../../providers/gcp/errors.ts";
import { DaskFleetError, type ErrorCode } from "../../../src/errors.ts";

const asked = { action: "instances.insert", project: "my-project", endpoint: undefined, attempts: 1 };
const BODY = Symbol.for("google-gax.rawHttpResponsePayload");

/** As Google's SDK throws it. */
function thrown(httpStatusCode: number | undefined, reason: string, message: string, code = 2): Error {
  const body = JSON.stringify({ error: { code: httpStatusCode, message, errors: [{ reason, message }] } });
  return Object.assign(new Error(message), { httpStatusCode, code, [BODY]: body });
}

function operation(code: string, message: string, httpErrorStatusCode = 400): DaskFleetError {
  const failure = failureOfOperation({ httpErrorStatusCode, error: { errors: [{ code, message }] } }, asked);
  if (failure === undefined) throw new Error("it has not failed");
  return explain(failure);
}

describe("an answer of Google becomes a plain sentence and a code", () => {
  test.each<[number, string, string, ErrorCode, string]>([
    [
      401,
      "authError",
      "Request had invalid authentication credentials.",
      "AUTH_FAILED",
      "does not accept the credentials",
    ],
    [
      403,
      "forbidden",
      "Required 'compute.instances.create' permission for 'projects/p'",
      "AUTH_FAILED",
      "the permission compute.instances.create",
    ],
    [
      403,
      "forbidden",
      "This API method requires billing to be enabled.",
      "AUTH_FAILED",
      "Billing is not enabled for the project my-project",
    ],
    [403, "forbidden", "No.", "AUTH_FAILED", "does not let these credentials do that"],
    [
      403,
      "rateLimitExceeded",
      "Quota exceeded for quota metric 'Queries'",
      "PROVIDER_FAILED",
      "makes too many a minute",
    ],
    [429, "whatever", "Too many", "PROVIDER_FAILED", "makes too many a minute"],
    [
      403,
      "quotaExceeded",
      "Quota 'CPUS' exceeded.  Limit: 24.0 in region us-east1.",
      "QUOTA_EXCEEDED",
      "(CPUS: 24 in us-east1)",
    ],
    [
      403,
      "quotaExceeded",
      "Quota 'GPUS_ALL_REGIONS' exceeded.  Limit: 0.0 globally.",
      "QUOTA_EXCEEDED",
      "(GPUS_ALL_REGIONS: 0)",
    ],
    [503, "insufficientCapacity", "No room.", "CAPACITY_UNAVAILABLE", "no such machine to give just now"],
    [400, "invalid", "Invalid value for field 'zone': 'x'. Unknown zone.", "CONFIG_INVALID", "no such zone"],
    [404, "notFound", "The resource 'projects/p/zones/us-east9-a' was not found", "CONFIG_INVALID", "no such zone"],
    [
      404,
      "notFound",
      "The resource 'projects/p/zones/z/machineTypes/n9-x' was not found",
      "CONFIG_INVALID",
      "no such machine type",
    ],
    [404, "notFound", "The resource 'projects/p/global/images/i' was not found", "CONFIG_INVALID", "`sourceImage`"],
    [404, "notFound", "The resource 'projects/p' was not found", "CONFIG_INVALID", "no such project"],
    [
      400,
      "badRequest",
      "[e2-medium, nvidia-tesla-t4] features and accelerator are not compatible",
      "CONFIG_INVALID",
      "`gpuType`",
    ],
    [
      412,
      "conditionNotMet",
      "Constraint constraints/compute.vmExternalIpAccess violated for project p.",
      "CONFIG_INVALID",
      "policy of the organisation forbids it: compute.vmExternalIpAccess",
    ],
    [409, "alreadyExists", "The resource 'x' already exists", "CONFIG_INVALID", "give the cluster another name"],
    [400, "resourceNotReady", "The resource 'x' is not ready", "PROVIDER_FAILED", "in use or busy still"],
    [
      400,
      "resourceInUseByAnotherResource",
      "The resource 'x' is already being used by 'y'",
      "PROVIDER_FAILED",
      "in use or busy still",
    ],
    [500, "backendError", "Internal error", "PROVIDER_FAILED", "Compute Engine failed"],
  ])("%i %s: %s", (status, reason, message, code, words) => {
    const error = explain(failureOf(thrown(status, reason, message), asked));
    expect(error).toBeInstanceOf(DaskFleetError);
    expect(error).toMatchObject({ code, status });
    expect(error.message).toContain(words);
    expect(error.message).toContain(`(instances.insert ${reason}: `);
  });

  test.each<[string, string, ErrorCode]>([
    ["ZONE_RESOURCE_POOL_EXHAUSTED", "The zone does not have enough resources", "CAPACITY_UNAVAILABLE"],
    ["ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "The zone does not have enough resources", "CAPACITY_UNAVAILABLE"],
    ["REGION_RESOURCE_STOCKOUT", "There is none", "CAPACITY_UNAVAILABLE"],
    ["VM_MIN_COUNT_NOT_REACHED", "Requested minimum count of 1 VMs could not be created.", "CAPACITY_UNAVAILABLE"],
    ["IP_SPACE_EXHAUSTED_WITH_DETAILS", "IP space of the subnet is exhausted.", "CAPACITY_UNAVAILABLE"],
    ["QUOTA_EXCEEDED", "Quota 'CPUS' exceeded.  Limit: 8.0 in region us-east1.", "QUOTA_EXCEEDED"],
    ["CONDITION_NOT_MET", "Constraint constraints/compute.requireShieldedVm violated", "CONFIG_INVALID"],
    ["RESOURCE_NOT_FOUND", "The resource 'projects/p/zones/z/acceleratorTypes/t' was not found", "CONFIG_INVALID"],
    ["INTERNAL_ERROR", "Code: '-1'", "PROVIDER_FAILED"],
  ])("of an operation, after HTTP 200: %s", (code, message, expected) => {
    expect(operation(code, message, code === "INTERNAL_ERROR" ? 500 : 400).code).toBe(expected);
  });

  test("a quota is told also where Google says first that too few were made", () => {
    const errors = [
      { code: "VM_MIN_COUNT_NOT_REACHED", message: "Requested minimum count of 1 VMs could not be created." },
      { code: "QUOTA_EXCEEDED", message: "Quota 'CPUS' exceeded.  Limit: 8.0 in region us-east1." },
    ];
    const failure = failureOfOperation({ httpErrorStatusCode: 503, error: { errors } }, asked);
    expect(failure === undefined ? undefined : explain(failure).message).toContain("(CPUS: 8 in us-east1)");
    expect(failureOfOperation({ error: null, httpErrorStatusCode: 0 }, asked)).toBeUndefined();
  });
});

test("what passes is told from what does not", () => {
  const passing = (status: number | undefined, reason: string, code = 2): boolean =>
    isPassing(failureOf(thrown(status, reason, "…", code), asked));
  expect(passing(503, "backendError")).toBe(true);
  expect(passing(500, "internalError")).toBe(true);
  expect(passing(502, "")).toBe(true);
  expect(passing(403, "rateLimitExceeded")).toBe(true);
  expect(passing(429, "")).toBe(true);
  expect(passing(400, "resourceNotReady")).toBe(true);
  // No answer, or one that the SDK cannot decode.
  expect(passing(undefined, "", 14)).toBe(true);
  expect(passing(undefined, "", 4)).toBe(true);
  expect(passing(503, "insufficientCapacity")).toBe(false);
  expect(passing(403, "forbidden")).toBe(false);
  expect(passing(403, "quotaExceeded")).toBe(false);
  expect(passing(404, "notFound")).toBe(false);
  expect(passing(501, "")).toBe(false);
  expect(passing(undefined, "")).toBe(false);
});

test("no answer is told as such, and one that is no answer of Google's too", () => {
  const refused = explain(
    failureOf(thrown(undefined, "", "connect ECONNREFUSED 127.0.0.1:9", 14), { ...asked, attempts: 3 }),
  );
  expect(refused.message).toContain(
    "The connection to Google's Compute Engine failed in 3 tries. (instances.insert: connect",
  );
  const page = explain(failureOf(thrown(undefined, "", "Unexpected token '<'", 14), asked));
  expect(page.message).toContain("No answer that can be understood");
  const lost = explain(failureOf(thrown(undefined, "", "getaddrinfo ENOTFOUND compute.googleapis.com", 14), asked));
  expect(lost).toMatchObject({ code: "CONFIG_INVALID", refused: false });
});

test("nothing that looks like a token or a key is told", () => {
  const secrets = [
    "ya29.a0AfB_byC-dEf.123",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJh.c2ln",
    "1//0gLongRefreshTokenOfAUser-1234567890",
    "Bearer abc.def",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
  ];
  for (const secret of secrets) {
    const message = explain(failureOf(thrown(400, "invalid", `This is wrong: ${secret} of course`), asked)).message;
    expect(message).toContain("[secret]");
    expect(message).toContain("of course");
    expect(message).not.toContain(secret.slice(-6));
  }
  expect(explain(failureOf(new Error("x".repeat(5000)), asked)).message.length).toBeLessThan(800);
});
