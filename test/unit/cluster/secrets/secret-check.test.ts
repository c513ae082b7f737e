import { expect, test } from "vitest";

import { secretChecks } from "../../../../src/cluster/checkup/secret-check.ts";
import { resolveClusterOptions } from "../../../../src/provider/resolve-cluster-options.ts";
import { environment, loopbackStore } from "../../stores/loopback-store.ts";

const { signal } = new AbortController();

/** What the doctor sees of references to Vault's secrets at these paths. */
async function seen(paths: readonly string[], statusOf: (path: string) => number): Promise<unknown> {
  const current = { data: { current_version: 1, versions: { 1: { deletion_time: "", destroyed: false } } } };
  const store = await loopbackStore(({ path }) => {
    const status = statusOf(path);
    return { status, body: status === 200 ? current : { errors: [] } };
  });
  environment({ VAULT_TOKEN: "hvs.token" });
  const from = (path: string): string => `vault:${store.url}/v1/kv/data/${path}?auth=aws&role=dask#token`;
  const envVars = Object.fromEntries(paths.map((path) => [path.toUpperCase(), { from: from(path) }]));
  const [check] = secretChecks(resolveClusterOptions("local", { envVars }));
  return await check?.run(signal);
}

test("the doctor asks nothing without references", () => {
  expect(secretChecks(resolveClusterOptions("local", { envVars: { A: "1" } }))).toEqual([]);
  expect(secretChecks(undefined)).toEqual([]);
});

test("secrets that are there are good, each asked once", async () => {
  expect(await seen(["a", "b"], () => 200)).toMatchObject({ state: "good", found: expect.stringMatching(/^2 of 2 /u) });
});

test("one that is missing is bad and named; one that this computer may not see is unknown", async () => {
  expect(await seen(["a", "b"], (path) => (path.endsWith("/a") ? 404 : 200))).toMatchObject({
    state: "bad",
    remedy: expect.stringMatching(/^There is no secret vault:.*\/data\/a\?auth=aws/u),
  });
  expect(await seen(["a"], () => 403)).toMatchObject({ state: "unknown", remedy: expect.stringContaining("may not") });
});
