import { describe, expect, test } from "vitest";

import { GCP_RETRIES } from "../../../providers/gcp/api/retries.ts";
import { failureOf, failureOfOperation, GcpError } from "../../../providers/gcp/errors/gcp-error.ts";
import { GCP_ERRORS } from "../../../providers/gcp/errors/table.ts";
import { retryPauseMs } from "../../../src/cloud/api/retry-policy.ts";
import { DaskFleetError, type ErrorCode, type Meaning } from "../../../src/errors.ts";
import { PUBLISHED } from "./error-codes.ts";

function isRetried(failure: ReturnType<typeof failureOf>): boolean {
  return retryPauseMs({ rules: GCP_RETRIES, retries: 1 }, { failure, failed: 1 }) !== undefined;
}

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
  return new GcpError(failure);
}

describe("a response of Google becomes a plain sentence and a code", () => {
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
    [403, "forbidden", "No.", "AUTH_FAILED", "denies instances.insert to these credentials"],
    [
      403,
      "rateLimitExceeded",
      "Quota exceeded for quota metric 'Queries'",
      "PROVIDER_FAILED",
      "makes too many calls a minute",
    ],
    [429, "whatever", "Too many", "PROVIDER_FAILED", "makes too many calls a minute"],
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
    [503, "insufficientCapacity", "No room.", "CAPACITY_UNAVAILABLE", "no capacity for this machine type"],
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
      "organization policy compute.vmExternalIpAccess forbids it",
    ],
    [409, "alreadyExists", "The resource 'x' already exists", "CONFIG_INVALID", "give the cluster another name"],
    [400, "resourceNotReady", "The resource 'x' is not ready", "PROVIDER_FAILED", "still in use or busy"],
    [
      400,
      "resourceInUseByAnotherResource",
      "The resource 'x' is already being used by 'y'",
      "PROVIDER_FAILED",
      "still in use or busy",
    ],
    [500, "backendError", "Internal error", "PROVIDER_FAILED", "had an internal error"],
  ])("%i %s: %s", (status, reason, message, code, words) => {
    const error = new GcpError(failureOf(thrown(status, reason, message), asked));
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

  test("a quota is reported even if Google says first that too few were created", () => {
    const errors = [
      { code: "VM_MIN_COUNT_NOT_REACHED", message: "Requested minimum count of 1 VMs could not be created." },
      { code: "QUOTA_EXCEEDED", message: "Quota 'CPUS' exceeded.  Limit: 8.0 in region us-east1." },
    ];
    const failure = failureOfOperation({ httpErrorStatusCode: 503, error: { errors } }, asked);
    expect(failure === undefined ? undefined : new GcpError(failure).message).toContain("(CPUS: 8 in us-east1)");
    expect(failureOfOperation({ error: null, httpErrorStatusCode: 0 }, asked)).toBeUndefined();
  });
});

test("transient and permanent failures are distinguished", () => {
  const passing = (status: number | undefined, reason: string, code = 2): boolean =>
    isRetried(failureOf(thrown(status, reason, "…", code), asked));
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

test("a missing answer and a response that did not come from Google are named", () => {
  const refused = new GcpError(
    failureOf(thrown(undefined, "", "connect ECONNREFUSED 127.0.0.1:9", 14), { ...asked, attempts: 3 }),
  );
  expect(refused.message).toContain(
    "The connection to Google's Compute Engine failed after 3 attempts. (instances.insert: connect",
  );
  const page = new GcpError(failureOf(thrown(undefined, "", "Unexpected token '<'", 14), asked));
  expect(page.message).toContain("The response did not come from Google's Compute Engine");
  const lost = new GcpError(
    failureOf(thrown(undefined, "", "getaddrinfo ENOTFOUND compute.googleapis.com", 14), asked),
  );
  expect(lost).toMatchObject({ code: "CONFIG_INVALID", refused: false });
});

test("messages hide whatever looks like a token or a key", () => {
  const secrets = [
    "ya29.a0AfB_byC-dEf.123",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJh.c2ln",
    "1//0gLongRefreshTokenOfAUser-1234567890",
    "Bearer abc.def",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
  ];
  for (const secret of secrets) {
    const message = new GcpError(failureOf(thrown(400, "invalid", `This is wrong: ${secret} of course`), asked))
      .message;
    expect(message).toContain("[secret]");
    expect(message).toContain("of course");
    expect(message).not.toContain(secret.slice(-6));
  }
  expect(new GcpError(failureOf(new Error("x".repeat(5000)), asked)).message.length).toBeLessThan(800);
});

const eachCode = PUBLISHED.flatMap(({ source, action, status, codes }) =>
  Object.entries(codes).flatMap(([meaning, list]) =>
    list
      .split(" ")
      .map((code) => [`${source}: ${code}`, { action, status, code, meaning: meaning as Meaning }] as const),
  ),
);

test.each(eachCode)("%s has an entry of its own", (_name, { action, status, code, meaning }) => {
  const failure = { ...asked, action, status, codes: [code], message: "No." };
  expect(GCP_ERRORS.knows(failure)).toBe(true);
  const { sentence, meaning: found } = GCP_ERRORS.explain(failure);
  expect(found).toBe(meaning);
  expect(sentence).toMatch(/^[A-Z].*\.$/);
  // Even when only the code is given, as in an operation.
  expect(GCP_ERRORS.knows({ ...failure, status: undefined })).toBe(true);
});

describe("a refusal says what to do next", () => {
  const told = (code: string, message: string, { action = "instances.insert", status = 412 } = {}): GcpError =>
    new GcpError(failureOf(thrown(status, code, message), { ...asked, action }));

  test.each<[string, string, string, boolean]>([
    [
      "external addresses",
      "Constraint constraints/compute.vmExternalIpAccess violated for project my-project. Add instance projects/my-project/zones/us-east1-c/instances/a to the constraint to use external IP with it.",
      "`publicIp: false`",
      false,
    ],
    [
      "shielded machines",
      "Constraint constraints/compute.requireShieldedVm violated for project projects/my-project. Secure Boot is not enabled in the 'shielded_instance_config' field. See https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints for more information.",
      "enableSecureBoot",
      false,
    ],
    [
      "images",
      "Constraint constraints/compute.trustedImageProjects violated for project my-project. Use of images from project ubuntu-os-cloud is prohibited.",
      "`sourceImage`",
      false,
    ],
    [
      "OS Login",
      "Constraint constraints/compute.requireOsLogin violated for project my-project.",
      '`instanceMetadata: { "enable-oslogin": "TRUE" }`',
      false,
    ],
    [
      "locations",
      "Location us-east1-c violates constraint constraints/gcp.resourceLocations on the resource projects/my-project/zones/us-east1-c/instances/a.",
      "`zones`",
      true,
    ],
    [
      "custom ones",
      'Operation denied by org policy: ["customConstraints/custom.requireCostCenter": "Every machine needs the label cost-center."]',
      "`tags`",
      false,
    ],
  ])("policies about %s", (_about, message, words, elsewhere) => {
    const error = told("conditionNotMet", message);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", meaning: "policy", elsewhere, refused: true });
    expect(error.sentence).toContain(words);
    expect(new GcpError({ ...failureOf(new Error(message), asked), codes: ["CONDITION_NOT_MET"] }).meaning).toBe(
      "policy",
    );
  });

  test("user credentials without a quota project are not mistaken for a disabled API", () => {
    const messages = [
      "Your application is authenticating by using local Application Default Credentials. The compute.googleapis.com API requires a quota project, which is not set by default.",
      "Compute Engine API has not been used in project 764086051850 before or it is disabled. Enable it by visiting https://…",
    ];
    for (const message of messages) {
      expect(told("accessNotConfigured", message, { status: 403 }).sentence).toContain(
        'run "gcloud auth application-default set-quota-project my-project"',
      );
    }
    expect(
      told("accessNotConfigured", "Compute Engine API has not been used in project 12345 before", { status: 403 })
        .sentence,
    ).toContain("gcloud services enable compute.googleapis.com --project=my-project");
  });

  test("a rate limit of one resource is no missing permission", () => {
    const error = told("forbidden", "Too frequent operations from the source resource.", { status: 403 });
    expect(error.meaning).toBe("permission");
    const body = {
      error: {
        code: 403,
        message: "Too frequent operations from the source resource.",
        errors: [{ reason: "forbidden" }],
        details: [{ reason: "RESOURCE_OPERATION_RATE_EXCEEDED" }],
      },
    };
    const detailed = Object.assign(new Error("No."), { httpStatusCode: 403, code: 7, [BODY]: JSON.stringify(body) });
    expect(new GcpError(failureOf(detailed, asked))).toMatchObject({ meaning: "throttled", code: "PROVIDER_FAILED" });
    expect(isRetried(failureOf(detailed, asked))).toBe(true);
  });

  test("a forbidden service account names the missing role", () => {
    const message =
      "The user does not have access to service account 'dask@my-project.iam.gserviceaccount.com'. Ask a project owner to grant you the iam.serviceAccountUser role on the service account";
    const error = told("SERVICE_ACCOUNT_ACCESS_DENIED", message, { status: 400 });
    expect(error).toMatchObject({ meaning: "permission", code: "AUTH_FAILED" });
    expect(error.sentence).toContain("Service Account User");
    expect(error.sentence).toContain("dask@my-project.iam.gserviceaccount.com");
  });

  test("another region helps against a regional quota, not a global one", () => {
    const quota = (message: string): GcpError => told("quotaExceeded", message, { status: 403 });
    expect(quota("Quota 'CPUS' exceeded.  Limit: 24.0 in region us-east1.").elsewhere).toBe(true);
    expect(quota("Quota 'GPUS_ALL_REGIONS' exceeded.  Limit: 0.0 globally.").elsewhere).toBe(false);
    expect(quota("Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 8.0 in region us-east1.").sentence).toContain(
      "`workerPublicIp: false`",
    );
    expect(quota("Quota 'CPUS' exceeded.  Limit: 24.0 in region us-east1.").sentence).toContain(
      "https://console.cloud.google.com/iam-admin/quotas?project=my-project",
    );
  });

  test("a machine reclaimed during its creation is a lack of capacity, not a wrong option", () => {
    const create = (message: string): GcpError => told("UNSUPPORTED_OPERATION", message, { status: 400 });
    expect(create("Operation is not allowed in the state STOPPING.")).toMatchObject({
      meaning: "capacity",
      elsewhere: true,
      refused: true,
    });
    expect(create("[n2-standard-2, nvidia-tesla-t4] features are not compatible.").meaning).toBe("configuration");
  });

  test("a delete refused for the moment is retried", () => {
    for (const code of ["conditionNotMet", "resourceNotReady", "resourceInUseByAnotherResource"]) {
      expect(told(code, "No.", { action: "instances.delete" }).meaning).toBe("transient");
    }
    expect(
      told("conditionNotMet", "Labels fingerprint either invalid", { action: "instances.setLabels" }).meaning,
    ).toBe("transient");
  });
});
