import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { EnvironmentCredential } from "@azure/identity";
import { expect, test, vi } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { AccessTokens } from "../../src/azure/access-tokens.ts";
import { AuthorityServer, credentialVariables } from "../../src/azure/authority.ts";
import { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import { resourceId } from "../../src/azure/state/shelf.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP, Sdk } from "./sdk.ts";
import { ask, settled, vmBody } from "./wire-client.ts";

const given = freshAzure();
const IDENTITY = resourceId(GROUP, "Microsoft.ManagedIdentity/userAssignedIdentities", "dask-identity");
const WITH_IDENTITY = { identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY]: {} } } };
const DELETE_SELF = fileURLToPath(new URL("../../../../templates/azure-delete-self.sh", import.meta.url));

async function codeWith(authorization: string): Promise<string | undefined> {
  return (await ask(given.cloud, "GET", "virtualMachines", undefined, { authorization })).code;
}

test("a token must be known, unexpired and for this cloud", async () => {
  const { tokens, endpoint } = given.cloud;
  const bearer = (audience: string): string => `Bearer ${tokens.issue(audience, "me").token}`;
  expect([
    await codeWith("Bearer other"),
    await codeWith(bearer("https://vault.azure.net")),
    await codeWith(bearer("https://management.azure.com")),
    await codeWith(bearer(`${endpoint}/`)),
  ]).toEqual(["InvalidAuthenticationToken", "InvalidAuthenticationTokenAudience", undefined, undefined]);
  const old = bearer(endpoint);
  tokens.revokeAll();
  expect(await codeWith(old)).toBe("ExpiredAuthenticationToken");
});

test("a missing permission is refused with its action and scope", async () => {
  const { cloud } = given;
  cloud.forbidden = new Set(["VirtualMachines_CreateOrUpdate", "VirtualMachineScaleSets_DeleteInstances"]);
  const answer = await ask(cloud, "PUT", "virtualMachines/node", vmBody());
  expect(answer).toMatchObject({ status: 403, code: "AuthorizationFailed" });
  expect(answer.message).toMatch(
    /does not have authorization to perform action 'Microsoft.Compute\/virtualMachines\/write' over scope '\/subscriptions\/.*node'/,
  );
  expect((await ask(cloud, "POST", "virtualMachineScaleSets/a/delete", { instanceIds: [] })).message).toMatch(
    /'Microsoft.Compute\/virtualMachineScaleSets\/delete\/action'/,
  );
});

test("the caller's roles on a resource group are told, without what is forbidden", async () => {
  const { cloud } = given;
  const base = `${cloud.endpoint}/subscriptions/${cloud.subscription}/resourceGroups/${GROUP}`;
  const url = `${base}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
  cloud.forbidden = new Set(["VirtualMachineScaleSets_DeleteInstances"]);
  const { body } = await ask(cloud, "GET", url);
  expect(body).toMatchObject({
    value: [{ actions: ["*"], notActions: ["Microsoft.Compute/virtualMachineScaleSets/delete/action"] }],
  });
});

test("usages count the cores of a location, of a family and of spot machines, beside the quota", async () => {
  const { cloud } = given;
  cloud.account.quotas = { vcpus: 20, family: { standardDSv2Family: 10 } };
  await settled(cloud, await ask(cloud, "PUT", "virtualMachines/node", vmBody()));
  const base = `${cloud.endpoint}/subscriptions/${cloud.subscription}/providers/Microsoft.Compute/locations`;
  const { body } = await ask(cloud, "GET", `${base}/eastus/usages?api-version=2026-04-01`);
  const { value } = body as { value: { name: { value: string }; currentValue: number; limit: number }[] };
  const cores = value.find(({ name }) => name.value === "cores");
  expect(cores).toMatchObject({ limit: 20 });
  expect(cores?.currentValue).toBeGreaterThan(0);
  expect((await ask(cloud, "GET", `${base}/mars/usages?api-version=2026-04-01`)).status).toBe(400);
});

test("unknown subscriptions, resource groups and resources are not found", async () => {
  const { cloud } = given;
  const url = (subscription: string, group: string): string =>
    `${cloud.endpoint}/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/a?api-version=2026-04-01`;
  expect([
    (await ask(cloud, "GET", url("other", GROUP))).code,
    (await ask(cloud, "GET", url(cloud.subscription, "none"))).code,
    (await ask(cloud, "GET", url(cloud.subscription.toUpperCase(), GROUP.toUpperCase()))).code,
  ]).toEqual(["SubscriptionNotFound", "ResourceGroupNotFound", "ResourceNotFound"]);
});

test("clouds can share an authority and its tokens", async () => {
  const tokens = new AccessTokens();
  await using authority = await AuthorityServer.open(tokens);
  await using one = await new SimulatedAzure({ tokens }).start();
  await using other = await new SimulatedAzure({ tokens }).start();
  for (const [name, value] of Object.entries(credentialVariables(authority.endpoint))) vi.stubEnv(name, value);
  const credential = new EnvironmentCredential({ disableInstanceDiscovery: true });
  for (const cloud of [one, other]) {
    const { subscription, endpoint } = cloud;
    const { compute } = new Sdk({ credential, subscription, endpoint });
    expect((await compute.virtualMachines.list(GROUP).next()).done).toBe(true);
  }
});

test("the metadata service describes a VM and issues tokens to one with an identity", async () => {
  const { cloud } = given;
  await settled(cloud, await ask(cloud, "PUT", "virtualMachines/node", vmBody({}, WITH_IDENTITY)));
  await settled(cloud, await ask(cloud, "PUT", "virtualMachines/plain", vmBody()));
  const metadata = async (vm: string, path: string, headers: Record<string, string> = { metadata: "true" }) =>
    await fetch(`${cloud.endpoint}/imds/${vm}/metadata/${path}`, { headers });
  const about = "instance/compute/resourceId?api-version=2021-02-01&format=text";
  expect(await (await metadata("node", about)).text()).toBe(cloud.account.vms.all[0]?.id);
  const token = `identity/oauth2/token?api-version=2018-02-01&resource=${cloud.endpoint}/`;
  expect([
    (await metadata("node", about, {})).status,
    (await metadata("node", token)).status,
    (await metadata("plain", token)).status,
    (await metadata("none", token)).status,
  ]).toEqual([400, 200, 400, 404]);
});

test("a machine deletes itself with its own identity and only curl", async () => {
  const { cloud } = given;
  await settled(cloud, await ask(cloud, "PUT", "virtualMachines/node", vmBody({}, WITH_IDENTITY)));
  const env = {
    ...process.env,
    ...cloud.environment(),
    DASK_FLEET_METADATA_URL: `${cloud.endpoint}/imds/node`,
    DASK_FLEET_AZURE_ENDPOINT: cloud.endpoint,
  };
  await promisify(execFile)("bash", [DELETE_SELF], { env });
  await until("it to be gone", () => cloud.machines.length === 0);
  expect(cloud.calls.operations()).toContain("VirtualMachines_Delete");
  expect(cloud.account.nics.size).toBe(0);
});
