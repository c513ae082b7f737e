import { readFileSync } from "node:fs";

import { afterEach, describe, expect, test, vi } from "vitest";

import { EC2Cluster, type EC2ClusterOptions } from "../../../providers/aws/index.ts";
import type { Finding } from "../../../src/provider/checkup.ts";
import { findingsOf, notGood } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestAccount } from "./account.ts";

isolatedState();
afterEach(() => {
  vi.unstubAllEnvs();
});

async function doctor(account: TestAccount, options: EC2ClusterOptions = {}): Promise<ReadonlyMap<string, Finding>> {
  const findings = await findingsOf(EC2Cluster.doctor({ ...account.options, ...options }));
  expect(account.cloud.violations).toEqual([]);
  return findings;
}

const PAGE = readFileSync(new URL("../../../docs/providers/aws.md", import.meta.url), "utf8");

function documentedActions(): readonly string[] {
  const [, json = ""] = /^## Permissions.*?^```json\n(.*?)^```$/msu.exec(PAGE) ?? [];
  const { Statement } = JSON.parse(json) as { Statement: { Action: string | string[] }[] };
  return Statement.flatMap(({ Action }) => Action);
}

describe("The doctor on EC2", () => {
  test("tells where the credentials come from and whose account it is, and never the secret", async () => {
    await using account = await TestAccount.open();
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAVISIBLEEND12");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "a-very-secret-key");
    const findings = await doctor(account);
    expect(findings.get("credentials")?.found).toBe(
      "from the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, key …ND12",
    );
    expect(findings.get("account")?.found).toContain("123456789012");
    expect(findings.get("sdk")?.found).toMatch(/^@aws-sdk\/client-ec2 3\.\d+\.\d+$/);
    expect(JSON.stringify([...findings.values()])).not.toMatch(/a-very-secret-key|AKIAVISIBLE/);
  });

  test("changes by dry runs only, which the documented policy allows", async () => {
    await using account = await TestAccount.open();
    account.cloud.access.allowOnly(...documentedActions());
    const findings = await doctor(account, { tags: { team: "data" }, spot: "with-fallback" });
    // EC2 does not tell quotas.
    expect(notGood(findings)).toEqual([["quota", "unknown"]]);
    expect(findings.get("permissions")?.found).toBe(
      "allowed: RunInstances (spot), RunInstances, CreateSecurityGroup, AuthorizeSecurityGroupIngress, DeleteSecurityGroup, TerminateInstances",
    );
    expect(account.cloud.machines).toEqual([]);
    expect(await account.groupsOf("dask-fleet-doctor")).toEqual([]);
  });

  test.each([
    ["ec2:RunInstances", "bad", "RunInstances"],
    ["ec2:CreateTags", "bad", "RunInstances, CreateSecurityGroup"],
    ["ec2:CreateSecurityGroup", "bad", "CreateSecurityGroup"],
    ["ec2:TerminateInstances", "unknown", "TerminateInstances"],
  ])("finds that %s is denied: %s", async (action, state, refused) => {
    await using account = await TestAccount.open();
    account.cloud.access.deny(action);
    const finding = (await doctor(account)).get("permissions");
    expect(finding?.state).toBe(state);
    expect(finding?.found).toMatch(new RegExp(`(?:refused|not known): ${refused}$`));
    expect(finding?.remedy).toMatch(state === "bad" ? /explicitly denies ec2:/ : /docs\/providers\/aws\.md/);
  });

  test("names the permission that a look lacks, and still looks at the rest", async () => {
    await using account = await TestAccount.open();
    account.cloud.access.deny("ec2:DescribeImages");
    const findings = await doctor(account);
    expect(findings.get("image")).toMatchObject({
      state: "bad",
      remedy: expect.stringContaining("ec2:DescribeImages"),
    });
    expect(findings.get("network")?.state).toBe("good");
    expect(findings.get("permissions")).toMatchObject({ state: "unknown", found: "not checked: image" });
  });

  test("finds expired credentials, and a region that is not enabled", async () => {
    await using account = await TestAccount.open();
    account.cloud.access.credentials = "expired";
    expect((await doctor(account)).get("account")).toMatchObject({
      state: "bad",
      found: "missing or refused (RequestExpired)",
      remedy: expect.stringContaining("check the clock"),
    });
    account.cloud.access.reset();
    account.cloud.access.notOptedIn = true;
    expect((await doctor(account)).get("account")).toMatchObject({
      state: "bad",
      remedy: expect.stringContaining("enable the region"),
    });
  });

  test("says what no cluster could have: a type, a network, a region", async () => {
    await using account = await TestAccount.open({ defaultVpc: false });
    const findings = await doctor(account, { instanceType: "t9.nonsense" });
    expect(findings.get("machines")?.remedy).toContain("has no instance type t9.nonsense");
    expect(findings.get("network")?.remedy).toContain("no default VPC");
    vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
    vi.stubEnv("AWS_REGION", "");
    const nowhere = await doctor(account, { region: undefined });
    expect(nowhere.get("place")).toMatchObject({ state: "bad", remedy: expect.stringContaining("needs a region") });
  });

  test("tells how many vCPUs a cluster needs and where to compare that with the quota", async () => {
    await using account = await TestAccount.open();
    const finding = (await doctor(account, { nWorkers: 50 })).get("quota");
    expect(finding?.found).toContain("102 vCPUs needed for a scheduler and 50 workers");
    expect(finding?.remedy).toContain("--quota-code L-1216C47A --region us-east-1");
    const gpus = (await doctor(account, { nWorkers: 2, workerInstanceType: "g4dn.xlarge" })).get("quota");
    expect(gpus?.found).toContain(
      "10 vCPUs needed for a scheduler and 2 workers: 2 of Standard (on-demand), 8 of G and VT (on-demand)",
    );
    expect(gpus?.remedy).toContain("servicequotas/home/services/ec2/quotas");
    expect(gpus?.remedy).toContain('--quota-code L-DB2E81BA --region us-east-1" for G and VT (on-demand)');
  });

  test("looks at the machines of every group: types, images, quotas by family and market, permissions", async () => {
    await using account = await TestAccount.open();
    account.cloud.access.allowOnly(...documentedActions(), "iam:PassRole");
    const findings = await doctor(account, {
      schedulerInstanceType: "m6i.large",
      workers: {
        cpu: { count: 4, instanceType: ["m6i.xlarge", "c6i.xlarge"], spot: "with-fallback" },
        gpu: { maximum: 8, instanceType: "g5.xlarge", iamInstanceProfile: "dask-profile" },
        arm: { count: 1, instanceType: "m7g.large" },
      },
    });
    expect(notGood(findings)).toEqual([["quota", "unknown"]]);
    for (const type of ["m6i.large", "m6i.xlarge", "c6i.xlarge", "g5.xlarge", "m7g.large"]) {
      expect(findings.get("machines")?.found).toContain(`${type} (`);
    }
    expect(findings.get("image")?.found).toMatch(/x86_64.*arm64/);
    // Of a group that starts with no machine, one.
    expect(findings.get("quota")?.found).toContain(
      "24 vCPUs needed for a scheduler, 4 cpu workers, 1 gpu worker and 1 arm worker: 4 of Standard (on-demand), 16 of Standard (spot), 4 of G and VT (on-demand)",
    );
    expect(findings.get("permissions")?.found).toContain(
      "RunInstances (cpu, spot), RunInstances (gpu), RunInstances (arm), RunInstances,",
    );
    account.cloud.access.deny("iam:PassRole");
    const denied = await doctor(account, { workers: { gpu: { iamInstanceProfile: "dask-profile" }, cpu: {} } });
    expect(denied.get("permissions")).toMatchObject({ state: "bad", found: "refused: RunInstances (gpu)" });
  });

  test("names the group of an unknown type", async () => {
    await using account = await TestAccount.open();
    const findings = await doctor(account, { workers: { gpu: { instanceType: "g9.nonsense" } } });
    expect(findings.get("machines")?.remedy).toContain("has no instance type g9.nonsense for gpu worker machines.");
  });

  test("wrong options are a finding, too, and the rest of this computer is looked at", async () => {
    const findings = await findingsOf(EC2Cluster.doctor({ diskSize: -1 }));
    expect(findings.get("options")).toMatchObject({ state: "bad", remedy: expect.stringContaining("diskSize") });
    expect(findings.get("state")?.state).toBe("good");
  });
});
