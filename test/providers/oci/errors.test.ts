import { describe, expect, test } from "vitest";

import { RequestFailure } from "../../../providers/oci/api/request-failure.ts";
import { explain, type OciError } from "../../../providers/oci/errors/oci-error.ts";
import type { ErrorCode, Meaning } from "../../../src/errors.ts";

const asked = {
  action: "LaunchInstance",
  attempts: 1,
  region: "eu-frankfurt-1",
  compartmentId: "ocid1.compartment.oc1..dask",
  endpoint: undefined,
  mayHaveHappened: false,
};

interface Failed {
  readonly status?: number;
  readonly code: string;
  readonly message?: string;
  readonly requestId?: string;
}

function refused({ message = "Not now.", ...failed }: Failed, more: Partial<typeof asked> = {}): OciError {
  return explain(new RequestFailure({ ...failed, message }), { ...asked, ...more });
}

interface Told {
  readonly code: ErrorCode;
  readonly meaning: Meaning;
  readonly elsewhere?: boolean;
  readonly refused?: boolean;
  readonly says: RegExp;
}

describe("what OCI answers is told with the next step", () => {
  test.each<[what: string, error: OciError, told: Told]>([
    [
      "an internal error is a lack of capacity where it says so: nothing was created",
      refused({ status: 500, code: "InternalError", message: "Out of host capacity." }),
      { code: "CAPACITY_UNAVAILABLE", meaning: "capacity", elsewhere: true, refused: true, says: /instanceTypes/ },
    ],
    [
      "any other internal error is transient, and may have acted",
      refused({ status: 500, code: "InternalError", message: "An internal error occurred." }),
      { code: "PROVIDER_FAILED", meaning: "transient", elsewhere: false, refused: false, says: /internal error/ },
    ],
    [
      "a shape that one availability domain has not, though it is listed there: another may have it",
      refused({
        status: 404,
        code: "NotAuthorizedOrNotFound",
        message: "Authorization failed or requested resource not found: shape VM.Standard.E2.1.Micro not found",
      }),
      { code: "CONFIG_INVALID", meaning: "configuration", elsewhere: true, refused: true, says: /another `shape`/ },
    ],
    [
      "a service limit",
      refused({ status: 400, code: "LimitExceeded", message: "limits were exceeded: standard-e4-core-count." }),
      { code: "QUOTA_EXCEEDED", meaning: "quota", elsewhere: true, refused: true, says: /cloud\.oracle\.com\/limits/ },
    ],
    [
      "a limit of security groups, which no other shape has more of",
      refused({ status: 400, code: "LimitExceeded", message: "The limit of network security groups is reached" }),
      { code: "QUOTA_EXCEEDED", meaning: "quota", elsewhere: false, says: /`nsgIds`/ },
    ],
    [
      "a compartment's quota",
      refused({ status: 400, code: "QuotaExceeded" }),
      { code: "QUOTA_EXCEEDED", meaning: "quota", elsewhere: true, says: /administrator/ },
    ],
    [
      "too many calls",
      refused({ status: 429, code: "TooManyRequests", message: "Too many requests for the user" }, { attempts: 7 }),
      { code: "PROVIDER_FAILED", meaning: "throttled", refused: true, says: /after 7 attempts/ },
    ],
    [
      "what is forbidden, or not there",
      refused({ status: 404, code: "NotAuthorizedOrNotFound" }),
      {
        code: "AUTH_FAILED",
        meaning: "permission",
        says: /does not exist: it does not tell which.*compartment\.oc1\.\.dask/s,
      },
    ],
    [
      "a thing that the request names",
      refused({ status: 400, code: "RelatedResourceNotAuthorizedOrNotFound" }),
      { code: "AUTH_FAILED", meaning: "permission", says: /`image`, `subnetId` and `nsgIds`/ },
    ],
    [
      "a clock that is off",
      refused({ status: 401, code: "NotAuthenticated", message: "Date is outside the allowed clock skew" }),
      { code: "AUTH_FAILED", meaning: "credentials", says: /clock is off by more than five minutes/ },
    ],
    [
      "wrong credentials",
      refused({ status: 401, code: "NotAuthenticated" }),
      { code: "AUTH_FAILED", meaning: "credentials", says: /oci session authenticate/ },
    ],
    [
      "a group whose VNICs are still there",
      refused(
        { status: 412, code: "PreconditionFailed", message: "it still has vnics attached to it" },
        { action: "DeleteNetworkSecurityGroup" },
      ),
      { code: "PROVIDER_FAILED", meaning: "transient", says: /still in use/ },
    ],
    [
      "a retry token that stands for something else by now",
      refused({ status: 409, code: "InvalidatedRetryToken" }),
      { code: "PROVIDER_FAILED", meaning: "transient", says: /next request has a new token/ },
    ],
    [
      "an image that does not fit",
      refused({
        status: 400,
        code: "InvalidParameter",
        message: "Shape VM.Standard.A1.Flex is not valid for image x.",
      }),
      { code: "CONFIG_INVALID", meaning: "configuration", says: /Arm shapes need an Arm image/ },
    ],
    [
      "a gateway in between",
      refused({ status: 502, code: "" }),
      {
        code: "PROVIDER_FAILED",
        meaning: "transient",
        refused: false,
        says: /A proxy or gateway answered instead of OCI/,
      },
    ],
    [
      "a proxy that lets nobody through",
      refused({ status: 403, code: "" }),
      { code: "PROVIDER_FAILED", meaning: "configuration", says: /have it admit the host/ },
    ],
    [
      "no connection",
      refused({ code: "ECONNRESET" }),
      {
        code: "PROVIDER_FAILED",
        meaning: "transient",
        refused: false,
        says: /connection to OCI in the region eu-frankfurt-1 failed/,
      },
    ],
    [
      "a region that has no such host",
      refused({ code: "ENOTFOUND" }),
      { code: "CONFIG_INVALID", meaning: "configuration", says: /name of the region/ },
    ],
  ])("%s", (_what, error, { says, ...told }) => {
    expect(error).toMatchObject(told);
    expect(error.sentence).toMatch(says);
  });

  test("the request's id is told, for Oracle's support", () => {
    const { message } = refused({ status: 409, code: "Conflict", requestId: "ABC/DEF" });
    expect(message).toMatch(/\(LaunchInstance: Conflict: Not now\., opc-request-id ABC\/DEF\)$/u);
  });

  test("what a refused signature quotes is not", () => {
    const { message } = refused({ status: 401, code: "NotAuthenticated", message: "keyId=secret-key" });
    expect(message).not.toContain("secret-key");
  });

  test("an attempt that may have acted leaves it open what was created", () => {
    const lost = refused({ status: 400, code: "LimitExceeded" }, { mayHaveHappened: true });
    expect(lost.refused).toBe(false);
  });
});
