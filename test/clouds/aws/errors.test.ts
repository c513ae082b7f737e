import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { type Ec2Error, explain } from "../../../providers/aws/errors.ts";
import { DaskFleetError, type ErrorCode } from "../../../src/errors.ts";

const asked = { action: "RunInstances", region: "us-east-1", endpoint: undefined };

function refused(name: string, message = "…", status = 400, attempts = 1): Ec2Error {
  const error = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, attempts } });
  return explain(error, asked) as Ec2Error;
}

describe("an answer of EC2 becomes a plain sentence and a code", () => {
  test.each<[string, number, ErrorCode, string]>([
    ["AuthFailure", 401, "AUTH_FAILED", "does not accept the credentials"],
    ["RequestExpired", 400, "AUTH_FAILED", "credentials have expired"],
    ["OptInRequired", 401, "AUTH_FAILED", "does not let this account use EC2 in the region us-east-1 yet"],
    ["InsufficientInstanceCapacity", 500, "CAPACITY_UNAVAILABLE", "no such machine to give just now"],
    ["InsufficientFreeAddressesInSubnet", 400, "CAPACITY_UNAVAILABLE", "no such machine"],
    ["Unsupported", 400, "CAPACITY_UNAVAILABLE", "does not have this instance type in this zone"],
    ["VcpuLimitExceeded", 400, "QUOTA_EXCEEDED", "quota of vCPUs in the region us-east-1"],
    ["MaxSpotInstanceCountExceeded", 400, "QUOTA_EXCEEDED", "A quota"],
    ["SecurityGroupLimitExceeded", 400, "QUOTA_EXCEEDED", "A quota"],
    ["InvalidAMIID.NotFound", 400, "CONFIG_INVALID", "does the `ami` option name one"],
    ["InvalidInstanceType", 400, "CONFIG_INVALID", "no such instance type in the region us-east-1"],
    ["InvalidSubnetID.NotFound", 400, "CONFIG_INVALID", "`subnetId`"],
    ["InvalidVpcID.NotFound", 400, "CONFIG_INVALID", "`vpc`"],
    ["InvalidGroup.NotFound", 400, "CONFIG_INVALID", "security group"],
    ["InvalidKeyPair.NotFound", 400, "CONFIG_INVALID", "`keyName`"],
    ["InvalidParameterCombination", 400, "CONFIG_INVALID", "can not do what these options ask for"],
    ["UnknownParameter", 400, "CONFIG_INVALID", "can not do what these options ask for"],
    ["RequestLimitExceeded", 503, "PROVIDER_FAILED", "too many at a time in the region us-east-1"],
    ["InternalError", 500, "PROVIDER_FAILED", "EC2 failed"],
    ["SomethingNew", 400, "PROVIDER_FAILED", "EC2 failed. (RunInstances: SomethingNew: …)"],
  ])("%s", (awsCode, status, code, words) => {
    const error = refused(awsCode, "…", status);
    expect(error).toBeInstanceOf(DaskFleetError);
    expect(error).toMatchObject({ code, awsCode });
    expect(error.message).toContain(words);
    expect(error.message).toContain(awsCode);
  });

  test("a missing permission is named, also one of another service", () => {
    const message =
      "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:PassRole on resource: x. Encoded authorization failure message: AAAABBBB";
    const error = refused("UnauthorizedOperation", message, 403);
    expect(error.code).toBe("AUTH_FAILED");
    expect(error.message).toContain("lack the permission iam:PassRole");
    expect(error.message).not.toContain("AAAABBBB");
    expect(refused("UnauthorizedOperation", "You are not authorized.", 403).message).toContain("ec2:RunInstances");
  });

  test("an image of somebody else is not a matter of the credentials", () => {
    const error = refused("AuthFailure", "Not authorized for images: [ami-0123]", 401);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("not shared with this account");
  });

  test("how often it was tried is said", () => {
    expect(refused("RequestLimitExceeded", "Request limit exceeded.", 503, 7).message).toContain(
      "took no call in 7 tries",
    );
  });

  test("whether anything may have been made is known", () => {
    expect(refused("InvalidParameterValue").refused).toBe(true);
    expect(refused("RequestLimitExceeded", "", 503).refused).toBe(true);
    expect(refused("InsufficientInstanceCapacity", "", 500).refused).toBe(true);
    expect(refused("InternalError", "", 500).refused).toBe(false);
    expect(refused("SyntaxError", "", 200).refused).toBe(false);
    expect((explain(Object.assign(new Error("cut"), { code: "ECONNRESET" }), asked) as Ec2Error).refused).toBe(false);
  });
});

describe("what goes wrong before EC2", () => {
  test.each<[object, ErrorCode, string]>([
    [
      { name: "CredentialsProviderError", message: "Could not load credentials from any providers" },
      "AUTH_FAILED",
      "aws configure",
    ],
    [
      { name: "CredentialsProviderError", message: "The SSO session associated with this profile has expired." },
      "AUTH_FAILED",
      "sign in again",
    ],
    [{ code: "ENOTFOUND", message: "getaddrinfo" }, "CONFIG_INVALID", "Is the region's name right"],
    [
      { code: "EAI_AGAIN", message: "getaddrinfo" },
      "PROVIDER_FAILED",
      "connection to EC2 in the region us-east-1 failed",
    ],
    [{ name: "TimeoutError", message: "too slow" }, "PROVIDER_FAILED", "connection to EC2"],
    [{ code: "ECONNREFUSED", message: "refused" }, "PROVIDER_FAILED", "connection to EC2"],
  ])("%j", (thrown, code, words) => {
    const error = explain(Object.assign(new Error("x"), thrown), asked);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });
});

test("nothing of a request is kept, nor what EC2 quotes of what was signed", () => {
  const secret = "FwoGZXIvYXdzEXAMPLETOKEN";
  const thrown = Object.assign(new Error(`The Canonical String should have been 'x-amz-security-token:${secret}'`), {
    name: "SignatureDoesNotMatch",
    $metadata: { httpStatusCode: 403 },
    $response: { headers: { authorization: secret } },
    request: { headers: { "x-amz-security-token": secret } },
  });
  const error = explain(thrown, asked);
  expect(error.code).toBe("AUTH_FAILED");
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(secret);
});
