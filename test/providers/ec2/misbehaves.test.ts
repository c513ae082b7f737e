import { describe, expect, test } from "vitest";

import { meaningOf, messageOf } from "../../../src/errors.ts";
import { ownState } from "../../conformance/world.ts";
import { until } from "../../support/until.ts";
import { anHour, type OpenCluster, TestAccount } from "./account.ts";

ownState();

const ZONE = { availabilityZone: "us-east-1a", instanceType: "m6i.large" };
const TWO_ZONES = { availabilityZone: ["us-east-1a", "us-east-1b"], instanceType: "m6i.large" };

async function workers(cluster: OpenCluster, count = 2): ReturnType<OpenCluster["verbs"]["create"]> {
  return await cluster.verbs.create(cluster.request("worker", count), anHour());
}

describe("one refusal of good credentials proves nothing", () => {
  test("a random one is retried", async () => {
    await using account = await TestAccount.open();
    account.cloud.access.randomRefusals = 1;
    const cluster = await account.cluster({ apiRetries: 0 }).prepared();
    account.cloud.access.randomRefusals = 1;
    expect(await workers(cluster)).toMatchObject({ machines: [{}, {}] });
  });

  test("a repeated one counts", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster(ZONE).prepared();
    account.cloud.access.randomRefusals = 2;
    const { machines, shortfall, uncertain } = await workers(cluster);
    expect([machines, shortfall, uncertain]).toMatchObject([
      [],
      { code: "AUTH_FAILED", meaning: "credentials" },
      false,
    ]);
    expect(shortfall?.message).toContain("this computer's clock is off by more than five minutes");
  });

  test.each([-600_000, 600_000])("a clock that is off by %i ms is corrected silently", async (ms) => {
    await using account = await TestAccount.open();
    account.cloud.clockAheadMs = ms;
    const cluster = await account.cluster().prepared();
    expect(await workers(cluster)).toMatchObject({ machines: [{}, {}] });
  });
});

describe("an account without the spot role that may not create it", () => {
  test("falls back to on-demand machines where the option allows it", async () => {
    await using account = await TestAccount.open({ spotRole: false });
    account.cloud.access.deny("iam:CreateServiceLinkedRole");
    const cluster = await account.cluster({ spot: "with-fallback", instanceType: "m6i.large" }).prepared();
    const { machines, shortfall } = await workers(cluster);
    expect([machines.length, shortfall]).toEqual([2, undefined]);
    expect(account.cloud.machines.map(({ spot }) => spot)).toEqual([false, false]);
    // The spot role concerns every zone: one refusal is enough.
    expect(account.cloud.calls.count("RunInstances")).toBe(2);
  });

  test("gets the command that creates the role, once", async () => {
    await using account = await TestAccount.open({ spotRole: false });
    account.cloud.access.deny("iam:CreateServiceLinkedRole");
    const cluster = await account.cluster({ spot: true }).prepared();
    const { machines, shortfall } = await workers(cluster);
    expect([machines, shortfall]).toMatchObject([[], { code: "AUTH_FAILED", meaning: "permission" }]);
    expect(shortfall?.message.match(/aws iam create-service-linked-role/g)).toHaveLength(1);
  });

  test("gets spot machines where it may create the role", async () => {
    await using account = await TestAccount.open({ spotRole: false });
    const cluster = await account.cluster({ spot: true }).prepared();
    expect(await workers(cluster)).toMatchObject({ machines: [{}, {}] });
  });
});

describe("an organization's policy", () => {
  test("that denies machines is reported as a policy, with the command that decodes it", async () => {
    await using account = await TestAccount.open();
    account.cloud.access.denyByOrganization("ec2:RunInstances");
    const cluster = account.cluster({ ...TWO_ZONES, closeTimeoutMs: 10_000 });
    const error: unknown = await cluster.start().catch((reason: unknown) => reason);
    expect(meaningOf(error)).toBe("policy");
    expect(messageOf(error)).toMatch(
      /^A service control policy of the organization denies ec2:RunInstances\. More permissions do not help: .*Encoded authorization failure message: [\w-]{2000}\)$/,
    );
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("that requires a tag is met by `tags` in every creating call", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    account.cloud.access.requiredTags = ["team", "cost center"];
    const without = await account
      .cluster({ nWorkers: 1, closeTimeoutMs: 10_000, tags: { team: "data" } })
      .start()
      .catch((reason: unknown) => reason);
    expect(meaningOf(without)).toBe("policy");
    expect(messageOf(without)).toContain("`tags`");
    const tags = { team: "data", "cost center": "42", Name: "mine" };
    const cluster = await account.cluster({ nWorkers: 1, spot: true, tags, instanceTags: { team: "ops" } }).start();
    const team = ({ cloud }: TestAccount): readonly (string | undefined)[] =>
      cloud.machines.map((each) => each.tags["team"]);
    expect(team(account)).toEqual(["ops", "ops"]);
    expect(account.cloud.machines.map((each) => each.tags["cost center"])).toEqual(["42", "42"]);
    expect(account.cloud.volumes.map((volume) => volume.tags.get("team"))).toEqual(["data", "data"]);
    const groups = account.cloud.securityGroups.filter((group) => group.tags.get("cluster-name") === cluster.name);
    expect(groups.map((group) => [group.tags.get("team"), group.tags.get("creator")])).toEqual([
      ["data", "dask-fleet"],
      ["data", "dask-fleet"],
    ]);
    await cluster.close();
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
    expect(account.cloud.violations).toEqual([]);
  });
});

describe("machines that EC2 accepts and then cannot start", () => {
  const KMS = { code: "Client.InternalError", message: "Client.InternalError: Client error on launch" };
  const STATES = {
    code: "Client.InvalidKMSKey.InvalidState",
    message: "Client.InvalidKMSKey.InvalidState: The KMS key",
  };

  test.each([true, false])("the start fails with the reason and the fix (publicIp: %s)", async (publicIp) => {
    await using account = await TestAccount.open();
    account.cloud.launchFailure = KMS;
    const cluster = account.cluster({ ...ZONE, publicIp, closeTimeoutMs: 10_000, startTimeoutMs: 20_000 });
    const message = await cluster.start().then(() => "started", messageOf);
    expect(message).toContain("the KMS key of its disk may not be used");
    expect(message).toContain("(Client.InternalError: Client error on launch)");
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("a worker's reason reaches the user, too", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const cluster = await account.cluster({ ...ZONE, nWorkers: 0 }).start();
    account.cloud.launchFailure = STATES;
    const growing = cluster.scale(1, { timeoutMs: 3000 }).then(() => "scaled", messageOf);
    expect(await growing).toContain("the KMS key of its disk is disabled or being deleted");
    account.cloud.launchFailure = undefined;
    await cluster.close();
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  });
});

describe("what one zone lacks is tried in another", () => {
  test.each([
    ["InsufficientFreeAddressesInSubnet", 400],
    ["InsufficientVolumeCapacity", 500],
    ["InsufficientAddressCapacity", 500],
    ["InsufficientReservedInstancesCapacity", 400],
    ["ReservationCapacityExceeded", 400],
    ["VolumeTypeNotAvailableInZone", 400],
    ["UnavailableHostRequirements", 400],
    ["SpotMaxPriceTooLow", 400],
    ["UnfulfillableCapacity", 400],
    ["Unsupported", 400],
  ])("%s", async (code, status) => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ ...TWO_ZONES, apiRetries: 0 }).prepared();
    account.cloud.access.refuseNext("RunInstances", code, "…", status);
    const { machines, shortfall } = await workers(cluster);
    expect([machines.length, shortfall]).toEqual([2, undefined]);
    expect(new Set(account.cloud.machines.map(({ zone }) => zone))).toEqual(new Set(["us-east-1b"]));
  });

  test.each(["VolumeLimitExceeded", "PendingVerification", "TagPolicyViolation", "InvalidBlockDeviceMapping"])(
    "%s fails in every zone: the other zones are not tried",
    async (code) => {
      await using account = await TestAccount.open();
      const cluster = await account.cluster({ ...TWO_ZONES, apiRetries: 0 }).prepared();
      account.cloud.access.refuseNext("RunInstances", code);
      expect((await workers(cluster)).machines).toEqual([]);
      expect(account.cloud.calls.count("RunInstances")).toBe(1);
    },
  );
});

test("a new instance profile is retried until it is consistent", async () => {
  await using account = await TestAccount.open({ listLagMs: 30_000 });
  account.cloud.addInstanceProfile("fresh");
  const options = { ...ZONE, iamInstanceProfile: "fresh", listLagMs: 10_000 };
  const cluster = await account.cluster(options).prepared();
  account.cloud.addInstanceProfile("fresh");
  expect(await workers(cluster)).toMatchObject({ machines: [{}, {}] });
});

test("a protected machine does not block the others, and the error has the command that unprotects it", async () => {
  await using account = await TestAccount.open({ lagEverywhere: false });
  const cluster = await account.cluster(ZONE).prepared();
  const { machines } = await workers(cluster, 2);
  const [ours] = account.cloud.machines;
  const { Instances: [kept] = [] } = await account.ask((ec2) =>
    ec2.runInstances({
      ImageId: ours?.imageId ?? "",
      InstanceType: "m6i.large",
      MinCount: 1,
      MaxCount: 1,
      Placement: { AvailabilityZone: "us-east-1a" },
      DisableApiTermination: true,
    }),
  );
  const id = kept?.InstanceId ?? "";
  const all = [...machines, { id, nodeName: id, role: "worker", state: "running" } as const];
  await expect(cluster.verbs.destroy(all, anHour())).rejects.toThrow(
    `--no-disable-api-termination --instance-id ${id}`,
  );
  await until("the end of the others", () =>
    account.cloud.machines.every((each) => each.id === id || each.state === "terminated"),
  );
  expect(account.cloud.machines.find((each) => each.id === id)?.state).toBe("running");
});

test("a group is retried while its machines' interfaces detach, and deleted in the end", async () => {
  await using account = await TestAccount.open({ detachMs: 600_000, lagEverywhere: false });
  const cluster = await account.cluster(ZONE).prepared();
  const { machines } = await workers(cluster);
  await cluster.verbs.destroy(machines, anHour());
  await until("the end of the machines", () => account.cloud.machines.every(({ state }) => state === "terminated"));
  const early: unknown = await cluster.verbs.release(anHour()).catch((reason: unknown) => reason);
  expect([meaningOf(early), messageOf(early)]).toEqual(["transient", expect.stringContaining("still in use")]);
  await expect
    .poll(() => cluster.verbs.release(anHour()).then(() => "gone", messageOf), { timeout: 20_000 })
    .toBe("gone");
});

test("a refusal does not hide that an earlier attempt may have created machines", async () => {
  await using account = await TestAccount.open();
  const cluster = await account.cluster({ ...ZONE, apiRetries: 1 }).prepared();
  account.cloud.faults.onOperation("RunInstances", "throttle", { nth: 1, times: 9 });
  account.cloud.faults.onOperation("RunInstances", "lost-reply");
  const { machines, shortfall, uncertain } = await workers(cluster);
  expect([machines, meaningOf(shortfall), uncertain]).toEqual([[], "throttled", true]);
  expect(account.cloud.machines).toHaveLength(2);
});
