import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";

import type { SimulatedEc2Options } from "@dask-fleet/simulated-clouds/ec2";
import { beforeEach, describe, expect, test, vi } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import { DaskFleetError, type ErrorCode } from "../../../src/errors.ts";
import { ownState } from "../../conformance/world.ts";
import { anHour, TestAccount } from "./account.ts";

ownState();

beforeEach(() => {
  for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
});

interface Case {
  readonly options?: EC2ClusterOptions;
  readonly account?: SimulatedEc2Options;
  readonly change?: (account: TestAccount) => void;
  readonly code: ErrorCode;
  readonly says: RegExp;
  /** What it may have changed and rolled back. */
  readonly mutations?: readonly string[];
}

async function failureOf({ options = {}, account: fresh = {}, change }: Case) {
  await using account = await TestAccount.open(fresh);
  change?.(account);
  const cluster = account.cluster({ closeTimeoutMs: 10_000, startTimeoutMs: 20_000, ...options });
  const error: unknown = await cluster.start().then(
    () => new Error("It has started"),
    (reason: unknown) => reason,
  );
  expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  expect(account.cloud.violations).toEqual([]);
  return { error, mutations: account.mutations };
}

const GROUP_MADE_AND_REMOVED = [
  "CreateSecurityGroup",
  "AuthorizeSecurityGroupIngress",
  "RunInstances",
  "DeleteSecurityGroup",
];

const NOTHING_MADE: Readonly<Record<string, Case>> = {
  "no credentials": {
    change: () => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    },
    code: "AUTH_FAILED",
    says: /No AWS credentials were found: run "aws configure"/,
  },
  "credentials that AWS does not know": {
    change: ({ cloud }) => (cloud.access.credentials = "unknown"),
    code: "AUTH_FAILED",
    says: /AWS does not accept the credentials/,
  },
  "an expired token": {
    change: ({ cloud }) => (cloud.access.credentials = "expired"),
    code: "AUTH_FAILED",
    says: /The AWS credentials have expired, or this computer's clock is wrong/,
  },
  "a region that the account has not opted in to": {
    change: ({ cloud }) => (cloud.access.notOptedIn = true),
    code: "AUTH_FAILED",
    says: /does not let this account use EC2 in the region us-east-1/,
  },
  "no region": {
    options: { region: undefined },
    code: "CONFIG_INVALID",
    says: /^EC2Cluster needs a region: set its `region` option, the variable AWS_REGION/,
  },
  "a region that there is not": {
    options: { region: "mars-north-1", endpoint: "http://ec2.mars-north-1.invalid", apiRetries: 0 },
    code: "CONFIG_INVALID",
    says: /Check the name of the region/,
  },
  "an endpoint that does not answer": {
    options: { endpoint: "http://127.0.0.1:9", apiRetries: 0 },
    code: "PROVIDER_FAILED",
    says: /The connection to http:\/\/127\.0\.0\.1:9 failed/,
  },
  "a permission that is missing": {
    change: ({ cloud }) => cloud.access.deny("ec2:DescribeImages"),
    code: "AUTH_FAILED",
    says: /explicitly denies ec2:DescribeImages/,
  },
  "no permission to make the security group": {
    change: ({ cloud }) => cloud.access.deny("ec2:CreateTags"),
    code: "AUTH_FAILED",
    says: /explicitly denies ec2:CreateTags/,
    mutations: ["CreateSecurityGroup"],
  },
  "an unknown image": {
    options: { ami: "ami-0fffffffffffffff0" },
    code: "CONFIG_INVALID",
    says: /The image does not exist in the region us-east-1: set `ami`/,
  },
  "throttling that does not end": {
    options: { apiRetries: 0 },
    change: ({ cloud }) => cloud.faults.onOperation("DescribeInstanceTypes", "throttle", { times: 99 }),
    code: "PROVIDER_FAILED",
    says: /EC2 throttled the call: the account makes too many calls/,
  },
};

const UNDONE: Readonly<Record<string, Case>> = {
  "no permission to make machines": {
    change: ({ cloud }) => cloud.access.deny("ec2:RunInstances"),
    code: "AUTH_FAILED",
    says: /explicitly denies ec2:RunInstances/,
  },
  "no permission to pass the role": {
    options: { iamInstanceProfile: "dask-profile" },
    change: ({ cloud }) => cloud.access.deny("iam:PassRole"),
    code: "AUTH_FAILED",
    says: /explicitly denies iam:PassRole/,
  },
  "a key pair that there is not": {
    options: { keyName: "nobodys" },
    code: "CONFIG_INVALID",
    says: /The key pair that `keyName` names/,
  },
  "an instance profile that there is not": {
    options: { iamInstanceProfile: "nobodys" },
    code: "CONFIG_INVALID",
    says: /nobodys/,
  },
  "a quota": {
    options: { availabilityZone: "us-east-1a", instanceType: "m6i.large" },
    account: { quotas: { vcpus: { standard: 1 } } },
    code: "QUOTA_EXCEEDED",
    says: /quota of vCPUs/,
  },
  "no capacity": {
    options: { availabilityZone: "us-east-1a", instanceType: "m6i.large" },
    account: { capacity: [{ instances: 0 }] },
    code: "CAPACITY_UNAVAILABLE",
    says: /EC2 has no capacity for this instance type in this zone right now/,
  },
};

describe("one clear sentence, and nothing is created", () => {
  test.each(Object.entries(NOTHING_MADE))("%s", async (_what, wanted) => {
    const { error, mutations } = await failureOf(wanted);
    expect(error).toBeInstanceOf(DaskFleetError);
    expect(error).toMatchObject({ code: wanted.code });
    expect((error as Error).message).toMatch(wanted.says);
    expect(mutations).toEqual(wanted.mutations ?? []);
    // Nothing is listed and no record remains: there never was a cluster.
    if (wanted.mutations === undefined) expect(error).not.toHaveProperty("teardownError");
    expect(await readdir(join(process.env["XDG_STATE_HOME"] ?? "", "dask-fleet")).catch(() => [])).toEqual([]);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/simulated-secret|AKIASIMULATED/);
  });
});

describe("one clear sentence, and the security group is rolled back", () => {
  test.each(Object.entries(UNDONE))("%s", async (_what, wanted) => {
    const { error, mutations } = await failureOf(wanted);
    expect(error).toMatchObject({ code: wanted.code });
    expect((error as Error).message).toMatch(wanted.says);
    // A call may repeat while EC2 does not know a new resource yet.
    expect([...new Set(mutations)]).toEqual(GROUP_MADE_AND_REMOVED);
  });
});

test("given security groups of another VPC", async () => {
  await using account = await TestAccount.open();
  const { vpcId } = account.cloud.addVpc({ subnets: [{ zone: "us-east-1a" }] });
  const mine = { GroupName: "mine", Description: "mine", VpcId: vpcId };
  const { GroupId: id = "" } = await account.ask((ec2) => ec2.createSecurityGroup(mine));
  const cluster = await account.cluster({ securityGroups: [id] }).prepared();
  await expect
    .poll(async () => (await cluster.verbs.create(cluster.request("worker", 1), anHour())).shortfall)
    .toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("belong to different networks") as string,
    });
});
