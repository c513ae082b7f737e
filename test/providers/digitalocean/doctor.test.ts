import { afterEach, describe, expect, test, vi } from "vitest";

import { DropletCluster, type DropletClusterOptions } from "../../../providers/digitalocean/index.ts";
import type { Finding } from "../../../src/provider/checkup.ts";
import { findingsOf, notGood } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestAccount } from "./account.ts";

isolatedState();
afterEach(() => {
  vi.unstubAllEnvs();
});

async function doctor(
  account: TestAccount,
  options: DropletClusterOptions = {},
): Promise<ReadonlyMap<string, Finding>> {
  const findings = await findingsOf(
    DropletCluster.doctor({ allowedCidrs: ["127.0.0.1/32"], apiRetries: 1, ...options }),
  );
  const changes = account.cloud.calls.operations().filter((operation) => /^(?:create|delete)/.test(operation));
  expect([account.cloud.violations, changes]).toEqual([[], []]);
  return findings;
}

describe("The doctor on DigitalOcean", () => {
  test("tells where the token was found and whose it is, and never the token", async () => {
    await using account = await TestAccount.open();
    const findings = await doctor(account);
    // What a token may change is not told by anybody.
    expect(notGood(findings)).toEqual([["permissions", "unknown"]]);
    expect(findings.get("credentials")?.found).toBe("from the variable DIGITALOCEAN_TOKEN");
    expect(findings.get("account")?.found).toBe("somebody@example.com, active");
    expect(JSON.stringify([...findings.values()])).not.toContain("dop_v1_");
    const given = await doctor(account, { token: [...account.cloud.tokens][0] });
    expect(given.get("credentials")?.found).toBe("from the `token` option");
  });

  test("says how to get a token where there is none, and still looks at the clock", async () => {
    await using account = await TestAccount.open();
    vi.stubEnv("DIGITALOCEAN_TOKEN", "");
    vi.stubEnv("DIGITALOCEAN_ACCESS_TOKEN", "");
    const findings = await doctor(account);
    expect(findings.get("credentials")).toMatchObject({
      state: "bad",
      remedy: expect.stringContaining("https://cloud.digitalocean.com/account/api/tokens"),
    });
    expect([findings.get("clock")?.state, findings.get("quota")?.found]).toEqual(["good", "not checked: account"]);
  });

  test("finds a revoked token and a locked account", async () => {
    await using account = await TestAccount.open();
    vi.stubEnv("DIGITALOCEAN_TOKEN", "dop_v1_revoked");
    expect((await doctor(account)).get("account")).toMatchObject({
      state: "bad",
      found: "missing or refused (Unauthorized)",
    });
    vi.unstubAllEnvs();
    await using locked = await TestAccount.open();
    locked.cloud.account.locked = "Your account has been locked.";
    expect((await doctor(locked)).get("account")).toMatchObject({
      state: "bad",
      remedy: expect.stringContaining("locked the account"),
    });
  });

  test("names scopes for reading that the token lacks", async () => {
    await using account = await TestAccount.open({ forbidden: ["listFirewalls", "listTags"] });
    expect((await doctor(account)).get("permissions")).toMatchObject({
      state: "bad",
      found: "missing: firewall:read, tag:read",
      remedy: expect.stringContaining("docs/providers/digitalocean.md"),
    });
  });

  test("finds a droplet limit that is too small for the cluster of the options", async () => {
    await using account = await TestAccount.open({ dropletLimit: 10 });
    expect((await doctor(account, { nWorkers: 9 })).get("quota")?.state).toBe("good");
    expect((await doctor(account, { nWorkers: 10 })).get("quota")).toMatchObject({
      state: "bad",
      found: "droplets: 0 of 10 used, 11 needed",
      remedy: expect.stringContaining("droplet_limit_increase"),
    });
  });

  test("finds a region, a size and an image that are not there", async () => {
    await using account = await TestAccount.open();
    expect((await doctor(account, { region: "mrs1" })).get("machines")?.remedy).toContain(
      "no droplets in the region mrs1",
    );
    expect((await doctor(account, { instanceType: "z-99" })).get("machines")?.remedy).toContain("the size z-99");
    expect((await doctor(account, { image: "no-such-image" })).get("image")?.remedy).toContain(
      "no image no-such-image",
    );
  });
});
