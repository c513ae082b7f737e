import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { type Ec2Error, explain, reasonOfEnd } from "../../../providers/aws/errors/ec2-error.ts";
import { EC2_ERRORS } from "../../../providers/aws/errors/table.ts";
import type { ErrorCode, Meaning } from "../../../src/errors.ts";
import { CODES, ENDS, pairs } from "./ec2-codes.ts";

const asked = { action: "RunInstances", region: "us-east-1", endpoint: undefined };

function refused(name: string, message = "…", status = 400, { attempts = 1, action = "RunInstances" } = {}): Ec2Error {
  const error = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, attempts } });
  return explain(error, { ...asked, action }) as Ec2Error;
}

describe("every code has an entry, with the right meaning and the next step", () => {
  const all = [...pairs(CODES), ...pairs(ENDS)];
  test.each(all)("%s: %s", (code, meaning) => {
    const failure = { ...asked, codes: [code], status: 400, message: "…", attempts: 1 };
    const explained = EC2_ERRORS.explain(failure);
    expect(EC2_ERRORS.knows(failure)).toBe(true);
    expect(explained.meaning).toBe(meaning);
    expect(explained.sentence).toMatch(/^[A-Z`"].{30,}[.)]$/u);
    expect(explained.sentence).not.toMatch(/EC2 failed|\bcan not\b|…/);
  });

  test("codes are unique, and there are more than two hundred", () => {
    expect(new Set(all.map(([code]) => code)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(200);
  });
});

interface Told {
  readonly code: ErrorCode;
  readonly meaning: Meaning;
  readonly elsewhere: boolean;
  readonly says: RegExp;
}

describe("what the message and the action add", () => {
  test.each<[what: string, error: Ec2Error, told: Told]>([
    [
      "an image of somebody else is not a matter of the credentials",
      refused("AuthFailure", "Not authorized for images: [ami-0123]", 401),
      { code: "CONFIG_INVALID", meaning: "configuration", elsewhere: false, says: /`ami` names is not shared/ },
    ],
    [
      "a Marketplace image names the page where one subscribes",
      refused(
        "OptInRequired",
        "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc123.",
        401,
      ),
      {
        code: "CONFIG_INVALID",
        meaning: "configuration",
        elsewhere: false,
        says: /subscribe at https:\/\/aws\.amazon\.com\/marketplace\/pp\?sku=abc123, or/,
      },
    ],
    [
      "a missing permission is named, also one of another service",
      refused("UnauthorizedOperation", "User x is not authorized to perform: iam:PassRole on resource: y", 403),
      { code: "AUTH_FAILED", meaning: "permission", elsewhere: false, says: /lack the permission iam:PassRole/ },
    ],
    [
      "a permission that EC2 does not name is that of the call",
      refused("UnauthorizedOperation", "You are not authorized.", 403),
      { code: "AUTH_FAILED", meaning: "permission", elsewhere: false, says: /ec2:RunInstances/ },
    ],
    [
      "an organization's denial is no missing permission",
      refused(
        "UnauthorizedOperation",
        "to perform: ec2:RunInstances on x with an explicit deny in a service control policy",
        403,
      ),
      {
        code: "CONFIG_INVALID",
        meaning: "policy",
        elsewhere: false,
        says: /^A service control policy of the organization denies ec2:RunInstances\. More permissions do not help/,
      },
    ],
    [
      "a policy that allows too little is a policy, too",
      refused(
        "UnauthorizedOperation",
        "to perform: ec2:X because no permissions boundary allows the ec2:X action",
        403,
      ),
      { code: "CONFIG_INVALID", meaning: "policy", elsewhere: false, says: /^A permissions boundary denies ec2:X/ },
    ],
    [
      "only one's own policy lacks a permission",
      refused("UnauthorizedOperation", "because no identity-based policy allows the ec2:X action", 403),
      { code: "AUTH_FAILED", meaning: "permission", elsewhere: false, says: /lack the permission/ },
    ],
    [
      "the role for spot machines: ordinary ones need none",
      refused("AuthFailure.ServiceLinkedRoleCreationNotPermitted", "…", 403),
      {
        code: "AUTH_FAILED",
        meaning: "permission",
        elsewhere: true,
        says: /aws iam create-service-linked-role --aws-service-name spot\.amazonaws\.com/,
      },
    ],
    [
      "a type that a zone does not have for now",
      refused(
        "Unsupported",
        "Your requested instance type (x) is not supported in your requested Availability Zone (a).",
      ),
      { code: "CAPACITY_UNAVAILABLE", meaning: "capacity", elsewhere: true, says: /this zone.*availabilityZone/ },
    ],
    [
      "options that do not go together there",
      refused("Unsupported", "The requested configuration is currently not supported."),
      {
        code: "CONFIG_INVALID",
        meaning: "configuration",
        elsewhere: true,
        says: /another instance type, zone or disk/,
      },
    ],
    [
      "a full subnet",
      refused("InsufficientFreeAddressesInSubnet"),
      { code: "CAPACITY_UNAVAILABLE", meaning: "capacity", elsewhere: true, says: /`subnetId`/ },
    ],
    [
      "no public addresses",
      refused("InsufficientAddressCapacity", "…", 500),
      { code: "CAPACITY_UNAVAILABLE", meaning: "capacity", elsewhere: true, says: /`publicIp: false`/ },
    ],
    [
      "no spot machines",
      refused("InsufficientInstanceCapacity", "There is no Spot capacity available that matches your request.", 500),
      { code: "CAPACITY_UNAVAILABLE", meaning: "capacity", elsewhere: true, says: /`spot: "with-fallback"`/ },
    ],
    [
      "quotas of vCPUs",
      refused("VcpuLimitExceeded"),
      {
        code: "QUOTA_EXCEEDED",
        meaning: "quota",
        elsewhere: true,
        says: /us-east-1\.console\.aws\.amazon\.com\/servicequotas\/home\/services\/ec2/,
      },
    ],
    [
      "quotas of disks are the same in every zone",
      refused("VolumeLimitExceeded"),
      { code: "QUOTA_EXCEEDED", meaning: "quota", elsewhere: false, says: /services\/ebs.*`diskSize`/ },
    ],
    [
      "too many ranges",
      refused("RulesPerSecurityGroupLimitExceeded", "…", 400, { action: "AuthorizeSecurityGroupIngress" }),
      { code: "QUOTA_EXCEEDED", meaning: "configuration", elsewhere: false, says: /`allowedCidrs`/ },
    ],
    [
      "an instance profile",
      refused(
        "InvalidParameterValue",
        "Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
      ),
      { code: "CONFIG_INVALID", meaning: "configuration", elsewhere: false, says: /`iamInstanceProfile`/ },
    ],
    [
      "a protected machine: the command that ends the protection",
      refused(
        "OperationNotPermitted",
        "The instance 'i-0abc' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
        400,
        { action: "TerminateInstances" },
      ),
      {
        code: "PROVIDER_FAILED",
        meaning: "configuration",
        elsewhere: false,
        says: /--no-disable-api-termination --instance-id i-0abc/,
      },
    ],
    [
      "a group that is gone when it is to go",
      refused("InvalidGroup.NotFound", "…", 400, { action: "DeleteSecurityGroup" }),
      { code: "PROVIDER_FAILED", meaning: "gone", elsewhere: false, says: /does not exist any more/ },
    ],
    [
      "a group that is missing when it is needed",
      refused("InvalidGroup.NotFound"),
      { code: "CONFIG_INVALID", meaning: "configuration", elsewhere: false, says: /`securityGroups`/ },
    ],
    [
      "an image that the account's setting does not admit",
      refused(
        "InvalidAMIID.NotFound",
        "The image id '[ami-1]' does not exist or does not meet the Allowed AMIs criteria",
      ),
      { code: "CONFIG_INVALID", meaning: "policy", elsewhere: false, says: /Allowed AMIs/ },
    ],
    [
      "how often it was tried",
      refused("RequestLimitExceeded", "Request limit exceeded.", 503, { attempts: 7 }),
      { code: "PROVIDER_FAILED", meaning: "throttled", elsewhere: false, says: /throttled the call after 7 attempts/ },
    ],
    [
      "a code that nobody has told of",
      refused("SomethingNew"),
      {
        code: "CONFIG_INVALID",
        meaning: "configuration",
        elsewhere: false,
        says: /^EC2 rejected RunInstances.*SomethingNew: …/,
      },
    ],
  ])("%s", (_what, error, { code, meaning, elsewhere, says }) => {
    expect(error).toMatchObject({ code, meaning, elsewhere });
    expect(error.message).toMatch(says);
    expect(error.message).toContain(error.cloudCode);
  });

  test("an encoded authorization message stays whole, in the message and as a property", () => {
    const encoded = "g4oZPBqZ4Bni8dE5dGjxYTnOZ".repeat(80);
    const error = refused(
      "UnauthorizedOperation",
      `You are not authorized. Encoded authorization failure message: ${encoded}`,
      403,
    );
    expect(error.encodedMessage).toBe(encoded);
    expect(Object.keys(error)).toContain("encodedMessage");
    expect(error.message).toContain('"aws sts decode-authorization-message --encoded-message"');
    expect(error.message.endsWith(`Encoded authorization failure message: ${encoded})`)).toBe(true);
    // What makes two denials one reason does not have it: it differs each time.
    expect(error.sentence).not.toContain(encoded);
  });
});

test("the same table explains why a machine ended", () => {
  const end = reasonOfEnd(
    { Code: "Client.VolumeLimitExceeded", Message: "Client.VolumeLimitExceeded: Volume limit exceeded" },
    asked,
  );
  expect(end).toMatchObject({ code: "QUOTA_EXCEEDED", meaning: "quota" });
  expect(end?.message).toMatch(/quota of EBS disks.*\(Client\.VolumeLimitExceeded: Volume limit exceeded\)$/);
  expect(reasonOfEnd({ Message: "" }, asked)).toBeUndefined();
});

test("errors know whether anything may have been created", () => {
  expect(refused("InvalidParameterValue").refused).toBe(true);
  expect(refused("RequestLimitExceeded", "", 503).refused).toBe(true);
  expect(refused("InsufficientInstanceCapacity", "", 500).refused).toBe(true);
  expect(refused("InsufficientVolumeCapacity", "", 500).refused).toBe(true);
  expect(refused("InternalError", "", 500).refused).toBe(false);
  expect(refused("SyntaxError", "", 200).refused).toBe(false);
  expect((explain(Object.assign(new Error("cut"), { code: "ECONNRESET" }), asked) as Ec2Error).refused).toBe(false);
  const late = Object.assign(new Error("x"), { name: "RequestLimitExceeded", $metadata: { httpStatusCode: 503 } });
  expect((explain(late, { ...asked, mayHaveActed: true }) as Ec2Error).refused).toBe(false);
});

describe("failures before EC2 answers", () => {
  test.each<[object, ErrorCode, Meaning, string]>([
    [
      { name: "CredentialsProviderError", message: "Could not load credentials from any providers" },
      "AUTH_FAILED",
      "credentials",
      "aws configure",
    ],
    [
      { name: "CredentialsProviderError", message: "The SSO session associated with this profile has expired." },
      "AUTH_FAILED",
      "credentials",
      "sign in again",
    ],
    [{ code: "ENOTFOUND", message: "getaddrinfo" }, "CONFIG_INVALID", "configuration", "Check the name of the region"],
    [
      { code: "EAI_AGAIN", message: "getaddrinfo" },
      "PROVIDER_FAILED",
      "transient",
      "connection to EC2 in the region us-east-1 failed",
    ],
    [{ name: "TimeoutError", message: "too slow" }, "PROVIDER_FAILED", "transient", "connection to EC2"],
    [{ code: "ECONNREFUSED", message: "refused" }, "PROVIDER_FAILED", "transient", "connection to EC2"],
    [
      { code: "SELF_SIGNED_CERT_IN_CHAIN", message: "self-signed" },
      "PROVIDER_FAILED",
      "configuration",
      "NODE_EXTRA_CA_CERTS",
    ],
  ])("%j", (thrown, code, meaning, words) => {
    const error = explain(Object.assign(new Error("x"), thrown), asked);
    expect(error).toMatchObject({ code, meaning });
    expect(error.message).toContain(words);
  });
});

test("errors keep nothing of the request, nor of the signed text that EC2 quotes", () => {
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
