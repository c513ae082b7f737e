import { expect, test } from "vitest";

import { begin, ended } from "../../../providers/azure/api/operations.ts";
import { explain, failureOf, failureOfOperation } from "../../../providers/azure/errors/azure-error.ts";
import { AZURE_ERRORS } from "../../../providers/azure/errors/table.ts";
import { isolatedState } from "../../support/local-state.ts";
import { AZURE_CODES } from "./error-codes.ts";
import { json, TestSubscription } from "./subscription.ts";
import { anHour, FROM_HERE } from "./subscription.ts";

isolatedState();

const ASKED = { action: "VirtualMachines_CreateOrUpdate", endpoint: "https://management.azure.com", attempts: 1 };
const ALL = AZURE_CODES.flatMap(({ codes, ...entry }) => codes.split(" ").map((code) => ({ code, ...entry })));

test.each(ALL)("$code ($status) means $meaning", ({ code, status, meaning, elsewhere }) => {
  const body = { error: { code, message: "So it is." } };
  const error = Object.assign(new Error("So it is."), { name: "RestError", statusCode: status, code });
  const failure =
    status === undefined
      ? failureOfOperation(new Error(`The long-running operation has failed. ${code}. So it is.`), ASKED)
      : failureOf(error, ASKED, JSON.stringify(body));
  expect(AZURE_ERRORS.knows(failure)).toBe(true);
  const explained = explain(failure);
  expect(explained).toMatchObject({ meaning, cloudCode: code });
  expect(explained.elsewhere).toBe(elsewhere ?? (meaning === "capacity" || meaning === "quota"));
  expect(explained.sentence).not.toMatch(/does not know|^Azure failed|^Azure refused/);
  expect(explained.message).toContain(code);
});

function thrown(
  status: number,
  error: { readonly code: string; readonly message: string; readonly [more: string]: unknown },
) {
  const told = Object.assign(new Error(error.message), { name: "RestError", statusCode: status, code: error.code });
  return explain(failureOf(told, ASKED, JSON.stringify({ error })));
}

test("a linked refusal names the missing permission and its scope, not the granted one", () => {
  const error = thrown(403, {
    code: "LinkedAuthorizationFailed",
    message:
      "The client 'c' with object id 'o' has permission to perform action 'Microsoft.Network/networkInterfaces/write' on scope '/subscriptions/s/resourceGroups/dask/providers/Microsoft.Network/networkInterfaces/n'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/d' (respectively) or the linked scope(s) are invalid.",
  });
  expect(error).toMatchObject({ code: "AUTH_FAILED", meaning: "permission" });
  expect(error.sentence).toMatch(
    /^The Azure credentials lack the permission Microsoft\.Network\/virtualNetworks\/subnets\/join\/action on \/subscriptions\/s\/resourceGroups\/net\//,
  );
  expect(error.sentence).not.toContain("networkInterfaces/write");
});

test.each([403, 409])("a policy denial with %d names the policy and no role", (status) => {
  const error = thrown(status, {
    code: "RequestDisallowedByPolicy",
    target: "lab-scheduler",
    message:
      'Resource \'lab-scheduler\' was disallowed by policy. Policy identifiers: \'[{"policyAssignment":{"name":"Require cost center","id":"/a"},"policyDefinition":{"name":"Require a tag","id":"/d"}}]\'.',
    additionalInfo: [
      { type: "PolicyViolation", info: { policyAssignmentDisplayName: "Cost centers", policyAssignmentName: "a1" } },
    ],
  });
  expect(error).toMatchObject({ code: "CONFIG_INVALID", meaning: "policy", refused: true });
  expect(error.sentence).toContain('"Require cost center", "Cost centers"');
  expect(error.message).not.toMatch(/role|permission/);
});

test("the inner error decides and is shown", () => {
  const inner = { code: "QuotaExceeded", message: "The limit of 8 is reached." };
  const error = thrown(400, {
    code: "InvalidTemplateDeployment",
    message: "The request is not valid. See inner errors for details.",
    details: [inner],
    innererror: { code: "Deeper", innererror: { code: "Deepest", message: "The very reason." } },
  });
  expect(error).toMatchObject({ meaning: "quota", cloudCode: "InvalidTemplateDeployment" });
  for (const words of ["QuotaExceeded", "The limit of 8", "The very reason."]) expect(error.message).toContain(words);
});

test.each<[string, string, string, string]>([
  [
    "quota",
    "OperationNotAllowed",
    "results in exceeding approved LowPriorityCores quota. Location: eastus, Current Limit: 3",
    "quota",
  ],
  [
    "a deletion under way",
    "OperationNotAllowed",
    "Operation 'Update VM' is not allowed on VM 'v' since the VM is marked for deletion.",
    "transient",
  ],
  [
    "another operation",
    "OperationNotAllowed",
    "Operation 'x' is not allowed on VM 'v' since another operation is in progress.",
    "transient",
  ],
  [
    "no spot machines",
    "OperationNotAllowed",
    "The requested VM size 'Standard_B2s' does not support Azure Spot VMs.",
    "configuration",
  ],
  [
    "a disk that is too small",
    "OperationNotAllowed",
    "Disk with size 10GB, which is smaller than the size 30GB of corresponding disk in Image, is not allowed.",
    "configuration",
  ],
  ["a generation", "BadRequest", "The selected VM size 'x' cannot boot Hypervisor Generation '2'.", "configuration"],
])("an ambiguous code is classified by its message: %s", (_what, code, message, meaning) => {
  expect(thrown(409, { code, message })).toMatchObject({ meaning });
});

test("an unknown code is shown, with where to look it up", () => {
  const failure = failureOfOperation(new Error("The long-running operation has failed. BrandNew. Sorry."), ASKED);
  expect(explain(failure)).toMatchObject({
    meaning: "unknown",
    message: expect.stringMatching(/BrandNew.*activity log/),
  });
});

test("a refusal after an unanswered attempt leaves that attempt's effect unknown", () => {
  const told = Object.assign(new Error("no"), { name: "RestError", statusCode: 409, code: "OperationNotAllowed" });
  expect(explain({ ...failureOf(told, ASKED), mayHaveHappened: true }).refused).toBe(false);
  expect(explain(failureOf(told, ASKED)).refused).toBe(true);
});

test("the error inside a response reaches the user through the SDK", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0 });
  const cluster = await subscription.prepared(FROM_HERE);
  const error = {
    code: "RequestDisallowedByPolicy",
    message: "Resource was disallowed by policy.",
    additionalInfo: [{ type: "PolicyViolation", info: { policyDefinitionDisplayName: "Only small machines" } }],
  };
  const end = subscription.instead(/^VirtualMachineScaleSets_CreateOrUpdate$/, json(403, { error }));
  const refused = await cluster.verbs.create(cluster.request("worker", 1), anHour());
  expect(refused).toMatchObject({ uncertain: false, shortfall: { meaning: "policy" } });
  expect(refused.shortfall?.message).toContain('"Only small machines"');
  end();
});

test("the error inside a failed operation reaches the user through the SDK", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0 });
  const details = [{ code: "OverconstrainedAllocationRequest", message: "No such place." }];
  subscription.instead(
    /^Operations_Get$/,
    json(200, { status: "Failed", error: { code: "SomethingFailed", message: "See details.", details } }),
  );
  const api = await subscription.api();
  const what = { action: "a test", service: "network" } as const;
  const making = await begin(api, what, anHour(), ({ applicationSecurityGroups }) =>
    applicationSecurityGroups.createOrUpdate("dask-rg", "some", { location: "eastus" }),
  );
  await expect(ended(api, making, anHour())).rejects.toMatchObject({
    meaning: "capacity",
    cloudCode: "SomethingFailed",
    message: expect.stringMatching(/See details\. No such place\./),
  });
});
