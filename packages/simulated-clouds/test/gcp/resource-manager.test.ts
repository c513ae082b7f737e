import { expect, test } from "vitest";

import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { freshGcp } from "./fresh-gcp.ts";

const fresh = freshGcp();
const ASKED = ["compute.instances.create", "compute.instances.delete"];

async function ask(cloud: SimulatedGcp, project: string, token = cloud.tokens.issue()): Promise<[number, unknown]> {
  const response = await fetch(`${cloud.endpoint}/v1/projects/${project}:testIamPermissions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ permissions: ASKED }),
  });
  return [response.status, await response.json()];
}

test("of the permissions that are asked for, those that the caller has are told", async () => {
  const { cloud } = fresh;
  expect(await ask(cloud, cloud.project)).toEqual([200, { permissions: ASKED }]);
  cloud.account.permissions.deny("compute.instances.create");
  expect(await ask(cloud, cloud.project)).toEqual([200, { permissions: ["compute.instances.delete"] }]);
  cloud.account.permissions.allowOnly([]);
  expect(await ask(cloud, cloud.project)).toEqual([200, {}]);
  expect(cloud.calls.operations()).toEqual(Array<string>(3).fill("projects.testIamPermissions"));
});

test("a token must be good, and the project known", async () => {
  const { cloud } = fresh;
  expect((await ask(cloud, cloud.project, "ya29.other"))[0]).toBe(401);
  expect((await ask(cloud, "nobodys-project"))[0]).toBe(403);
});

test("where the API is not enabled, the answer says which one", async () => {
  await using cloud = await new SimulatedGcp({ resourceManagerEnabled: false }).start();
  expect(await ask(cloud, cloud.project)).toMatchObject([
    403,
    { error: { details: expect.arrayContaining([expect.objectContaining({ reason: "SERVICE_DISABLED" })]) } },
  ]);
});
