import { expect, test } from "vitest";

import { AZURE_RETRIES } from "../../../providers/azure/api/retries.ts";
import {
  explain,
  failureOf,
  failureOfMachine,
  failureOfOperation,
} from "../../../providers/azure/errors/azure-error.ts";
import { retryPauseMs } from "../../../src/cloud/api/retry-policy.ts";

const ASKED = { action: "VirtualMachines_CreateOrUpdate", endpoint: "https://management.azure.com", attempts: 1 };

function restError(statusCode: number | undefined, code: string | undefined, message: string): Error {
  return Object.assign(new Error(message), { name: "RestError", statusCode, code });
}

const QUOTA =
  "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: eastus, Current Limit: 10, Current Usage: 8, Additional Required: 4, (Minimum) New Limit Required: 12.";

test.each<[string, Error, string, RegExp]>([
  ["401", restError(401, "ExpiredAuthenticationToken", "expired"), "AUTH_FAILED", /does not accept.*az login/],
  [
    "a permission",
    restError(
      403,
      "AuthorizationFailed",
      "The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.Compute/virtualMachines/write' over scope '/s' or the scope is invalid.",
    ),
    "AUTH_FAILED",
    /lack the permission Microsoft\.Compute\/virtualMachines\/write on \/s\. .*docs\/providers\/azure\.md/,
  ],
  ["a policy", restError(403, "RequestDisallowedByPolicy", "p"), "CONFIG_INVALID", /Azure policy forbids it/],
  ["a lock", restError(409, "ScopeLocked", "l"), "CONFIG_INVALID", /lock on the resource group/],
  ["a subscription", restError(404, "SubscriptionNotFound", "s"), "CONFIG_INVALID", /`subscriptionId`/],
  ["a resource group", restError(404, "ResourceGroupNotFound", "g"), "CONFIG_INVALID", /`resourceGroup`/],
  [
    "quota",
    restError(409, "OperationNotAllowed", QUOTA),
    "QUOTA_EXCEEDED",
    /\(standardDSv5Family Cores: 10 in eastus\)/,
  ],
  ["addresses", restError(400, "PublicIPCountLimitReached", "n"), "QUOTA_EXCEEDED", /quota of public addresses/],
  [
    "a size",
    restError(409, "SkuNotAvailable", "sku"),
    "CAPACITY_UNAVAILABLE",
    /no capacity for this size in this location right now, or never has it/,
  ],
  ["terms", restError(400, "ResourcePurchaseValidationFailed", "t"), "CONFIG_INVALID", /az vm image terms accept/],
  ["an image", restError(404, "PlatformImageNotFound", "i"), "CONFIG_INVALID", /`vmImage`/],
  ["in use", restError(400, "InUseSubnetCannotBeDeleted", "u"), "PROVIDER_FAILED", /still in use/],
  ["a name that is taken", restError(409, "PropertyChangeNotAllowed", "p"), "CONFIG_INVALID", /another name/],
  [
    "what is not allowed",
    restError(409, "OperationNotAllowed", "o"),
    "PROVIDER_FAILED",
    /does not allow that .* right now/,
  ],
  [
    "something under way",
    restError(409, "Conflict", "c"),
    "PROVIDER_FAILED",
    /Another operation with the same resource/,
  ],
  ["a page for JSON", restError(404, "PARSE_ERROR", "<"), "PROVIDER_FAILED", /did not come from Azure .*Check proxy/],
  [
    "a proxy",
    restError(407, undefined, "Unexpected status code: 407"),
    "PROVIDER_FAILED",
    /^The proxy on the way .*HTTPS_PROXY/,
  ],
  ["too often", restError(429, "TooManyRequests", "slow"), "PROVIDER_FAILED", /makes too many/],
  ["a server error", restError(500, "InternalServerError", "oops"), "PROVIDER_FAILED", /internal error/],
  [
    "no network",
    restError(undefined, "ENOTFOUND", "getaddrinfo"),
    "PROVIDER_FAILED",
    /was not found\. Check the network/,
  ],
  ["no connection", restError(undefined, "ECONNREFUSED", "refused"), "PROVIDER_FAILED", /connection to management/],
  [
    "no credentials",
    Object.assign(new Error("ChainedTokenCredential failed"), { name: "AggregateAuthenticationError" }),
    "AUTH_FAILED",
    /No Azure credentials were found: run "az login"/,
  ],
  [
    "wrong credentials",
    Object.assign(new Error("AADSTS7000215"), { name: "AuthenticationError" }),
    "AUTH_FAILED",
    /issued no token/,
  ],
])("a failed call becomes a plain sentence: %s", (_what, error, code, words) => {
  expect(explain(failureOf(error, ASKED))).toMatchObject({ code, message: expect.stringMatching(words) });
});

test.each([
  ["AllocationFailed", "CAPACITY_UNAVAILABLE"],
  ["ZonalAllocationFailed", "CAPACITY_UNAVAILABLE"],
  ["OverconstrainedAllocationRequest", "CAPACITY_UNAVAILABLE"],
  ["QuotaExceeded", "QUOTA_EXCEEDED"],
  ["OSProvisioningTimedOut", "MACHINE_CREATE_FAILED"],
  ["SomethingNew", "PROVIDER_FAILED"],
])("an accepted operation that fails is reported: %s", (reason, code) => {
  const thrown = new Error(`The long-running operation has failed. ${reason}. Sorry.`);
  expect(explain(failureOfOperation(thrown, ASKED))).toMatchObject({
    code,
    cloudCode: reason,
    message: expect.stringContaining("Sorry."),
  });
  expect(explain(failureOfMachine(reason, "Sorry.", ASKED))).toMatchObject({ code, cloudCode: reason });
});

test("an operation that Azure forgot is no mistake in the options", () => {
  const asked = { ...ASKED, action: "VirtualNetworks_Delete (poll)" };
  expect(explain(failureOf(restError(404, "NotFound", "no such operation"), asked))).toMatchObject({
    code: "PROVIDER_FAILED",
    message: expect.stringContaining("no longer knows the result of an operation"),
  });
});

test("messages hide tokens, signatures and keys, and have a maximum length", () => {
  const secret = "eyJ0eXAiOiJKV1Qi.abc-DEF.sig";
  const message = `Bearer ${secret} {"access_token":"${secret}"} https://blob/x?sv=1&sig=ab%2Bcd -----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY----- ${"x".repeat(2000)}`;
  const words = explain(failureOf(restError(400, "BadRequest", message), ASKED)).message;
  expect(words).not.toMatch(/eyJ0|ab%2Bcd|MC4C/);
  expect(words.length).toBeLessThan(800);
});

test("transient failures are retried, and conflicts for as long as the other operation may take", () => {
  const failure = (status: number | undefined, code: string): ReturnType<typeof failureOf> =>
    failureOf(restError(status, code, ""), ASKED);
  const pauseOf = (status: number | undefined, code: string, failed = 1, toldMs?: number): number | undefined =>
    retryPauseMs({ rules: AZURE_RETRIES, retries: 2 }, { failure: failure(status, code), failed, toldMs });
  const isRetried = (status: number | undefined, code = "X"): boolean => pauseOf(status, code) !== undefined;
  expect([500, 503, 429, 408].map((status) => isRetried(status))).toEqual([true, true, true, true]);
  expect([400, 403, 404, 409, 501].map((status) => isRetried(status))).toEqual(Array(5).fill(false));
  // Credentials have already retried.
  const noToken = Object.assign(new Error("busy"), { name: "AuthenticationError", statusCode: 503 });
  for (const statusCode of [503, 429]) {
    const noTokenYet = failureOf(Object.assign(noToken, { statusCode }), ASKED);
    expect(retryPauseMs({ rules: AZURE_RETRIES, retries: 2 }, { failure: noTokenYet, failed: 1 })).toBeUndefined();
  }
  expect([isRetried(undefined, "ECONNRESET"), isRetried(409, "Conflict")]).toEqual([true, true]);
  expect(pauseOf(400, "X")).toBeUndefined();
  expect(pauseOf(500, "X", 3)).toBeUndefined();
  expect(pauseOf(409, "Conflict", 30)).toBeGreaterThan(1000);
  expect(pauseOf(409, "Conflict", 1000)).toBeUndefined();
  expect(pauseOf(429, "X")).toBeGreaterThanOrEqual(1000);
  const told = (toldMs: number): number | undefined => pauseOf(429, "X", 1, toldMs);
  expect(told(7000)).toBeGreaterThanOrEqual(7000);
  expect(told(3_600_000)).toBeLessThan(90_000);
});
