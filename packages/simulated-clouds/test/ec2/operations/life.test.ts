import { expect, test } from "vitest";

import { until } from "../../../../../test/support/until.ts";
import type { BootedMachine, Bootloader, MachineInput } from "../../../src/core/boot.ts";
import { Lab, refusal } from "../lab.ts";

/** Machines that print a line, and power off when a test says so. */
class Switchboard implements Bootloader {
  readonly machines = new Map<string, { readonly input: MachineInput; shutDown: () => void; on: boolean }>();

  async boot(input: MachineInput): Promise<BootedMachine> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const machine = { input, shutDown: resolve, on: true };
    this.machines.set(input.id, machine);
    return {
      listens: [],
      ended: promise,
      console: async () => `boot of ${input.hostname}\n${"x".repeat(70_000)}\nlast words\n`,
      powerOff: async () => {
        machine.on = false;
      },
    };
  }
}

test("a machine goes from pending to running and shutting-down, and is listed as terminated for an hour", async () => {
  await using lab = await Lab.open({ pendingMs: 1_000_000, stoppingMs: 1_000_000, terminatedShownMs: 1_000_000 });
  const ids = await lab.launch();
  expect(await lab.states(ids)).toEqual(["pending"]);
  await lab.cloud.clock.sleep(1_001_000);
  expect(await lab.states(ids)).toEqual(["running"]);
  const { TerminatingInstances: [change] = [] } = await lab.ec2.terminateInstances({ InstanceIds: ids });
  expect([change?.PreviousState, change?.CurrentState]).toEqual([
    { Name: "running", Code: 16 },
    { Name: "shutting-down", Code: 32 },
  ]);
  expect(await lab.states(ids)).toEqual(["shutting-down"]);
  await lab.cloud.clock.sleep(1_001_000);
  const { Reservations: [reservation] = [] } = await lab.ec2.describeInstances({ InstanceIds: ids });
  expect(reservation?.Instances?.[0]).toMatchObject({
    State: { Name: "terminated" },
    StateReason: { Code: "Client.UserInitiatedShutdown" },
    NetworkInterfaces: [],
    SecurityGroups: [],
  });
  expect(reservation?.Instances?.[0]?.PrivateIpAddress).toBeUndefined();
  const again = await lab.ec2.terminateInstances({ InstanceIds: ids });
  expect(again.TerminatingInstances?.[0]?.CurrentState?.Name).toBe("terminated");
  await lab.cloud.clock.sleep(1_001_000);
  expect(await refusal(lab.ec2.describeInstances({ InstanceIds: ids }))).toBe(
    `InvalidInstanceID.NotFound: The instance ID '${ids[0]}' does not exist`,
  );
});

test("new resources are not found at once", async () => {
  await using lab = await Lab.open({ listLagMs: 1_000_000 });
  const { GroupId = "" } = await lab.ec2.createSecurityGroup({ GroupName: "g", Description: "g" });
  const ids = await lab.launch();
  const missing = /^Invalid(?:InstanceID|Group)\.NotFound/u;
  expect(await refusal(lab.ec2.describeInstances({ InstanceIds: ids }))).toMatch(missing);
  expect(await refusal(lab.ec2.terminateInstances({ InstanceIds: ids }))).toMatch(missing);
  expect(await refusal(lab.ec2.describeSecurityGroups({ GroupIds: [GroupId] }))).toMatch(missing);
  expect(await refusal(lab.launch({ SecurityGroupIds: [GroupId] }))).toMatch(missing);
  expect(await refusal(lab.ec2.deleteSecurityGroup({ GroupId }))).toMatch(missing);
  expect((await lab.ec2.describeInstances({})).Reservations).toEqual([]);
  expect((await lab.ec2.describeVolumes({})).Volumes).toEqual([]);
  await lab.cloud.clock.sleep(1_001_000);
  expect((await lab.ec2.describeVolumes({})).Volumes).toHaveLength(1);
  expect(await lab.launch({ SecurityGroupIds: [GroupId] })).toHaveLength(1);
  await lab.ec2.terminateInstances({ InstanceIds: ids });
});

test("the lag can be kept from calls that change something", async () => {
  await using lab = await Lab.open({ listLagMs: 1_000_000, lagEverywhere: false });
  const { GroupId = "" } = await lab.ec2.createSecurityGroup({ GroupName: "g", Description: "g" });
  const ids = await lab.launch({ SecurityGroupIds: [GroupId] });
  expect((await lab.ec2.describeInstances({})).Reservations).toEqual([]);
  await lab.ec2.terminateInstances({ InstanceIds: ids });
});

test("terminating is all or nothing", async () => {
  await using lab = await Lab.open();
  const ids = await lab.launch({ MinCount: 2, MaxCount: 2 });
  const terminate = (...InstanceIds: string[]) => refusal(lab.ec2.terminateInstances({ InstanceIds }));
  expect(await terminate(...ids, "i-0123456789abcdef0")).toMatch(
    /^InvalidInstanceID.NotFound: .*'i-0123456789abcdef0'/u,
  );
  expect(await terminate(...ids, "i-01234567", "i-0123456789abcdef0")).toMatch(
    /IDs 'i-01234567, i-0123456789abcdef0' do not/u,
  );
  expect(await terminate(...ids, "worker")).toMatch(/^InvalidInstanceID.Malformed: Invalid id: "worker"/u);
  expect(await terminate()).toMatch(/^MissingParameter/u);
  expect(lab.cloud.machines.map(({ state }) => state)).not.toContain("shutting-down");
});

test("termination protection holds for the protected machine's zone", async () => {
  await using lab = await Lab.open();
  const inZone = async (zone: string, DisableApiTermination = false) =>
    (await lab.launch({ Placement: { AvailabilityZone: zone }, DisableApiTermination }))[0] ?? "";
  const ids = [await inZone("us-east-1a"), await inZone("us-east-1b"), await inZone("us-east-1b", true)];
  expect(await refusal(lab.ec2.terminateInstances({ InstanceIds: ids }))).toMatch(
    /^OperationNotPermitted: .*disableApiTermination/u,
  );
  await until("the end of the first machine", () => lab.cloud.machines[0]?.state === "terminated");
  expect(lab.cloud.machines.map(({ state }) => state === "terminated")).toEqual([true, false, false]);
});

test("a machine that shuts itself down is terminated or stopped, as its launch requested", async () => {
  const boot = new Switchboard();
  await using lab = await Lab.open({ boot, bootMs: 10_000 });
  const Tags = [{ Key: "cluster-name", Value: "x" }];
  const TagSpecifications = [
    { ResourceType: "volume" as const, Tags },
    { ResourceType: "instance" as const, Tags },
  ];
  const [ends = ""] = await lab.launch({ InstanceInitiatedShutdownBehavior: "terminate", TagSpecifications });
  const [stops = ""] = await lab.launch({ TagSpecifications });
  const [spot = ""] = await lab.launch({ InstanceMarketOptions: { MarketType: "spot" } });
  await until("three booted machines", () => boot.machines.size === 3);
  for (const { shutDown } of boot.machines.values()) shutDown();
  await until("the ends of all machines", async () => {
    const states = await lab.states([ends, stops, spot]);
    return states.join(" ") === "terminated stopped terminated";
  });
  expect(lab.cloud.leftovers("x").map(({ kind }) => kind)).toEqual(["instance", "volume"]);
  const { Reservations: [reservation] = [] } = await lab.ec2.describeInstances({ InstanceIds: [stops] });
  expect(reservation?.Instances?.[0]?.StateReason?.Code).toBe("Client.InstanceInitiatedShutdown");
  expect(reservation?.Instances?.[0]?.PublicIpAddress).toBeUndefined();
  await lab.ec2.terminateInstances({ InstanceIds: [stops] });
  await until("nothing left", () => lab.cloud.leftovers("x").length === 0);
  expect([...boot.machines.values()].some(({ on }) => on)).toBe(false);
});

test("a stopping machine can be terminated", async () => {
  const boot = new Switchboard();
  await using lab = await Lab.open({ boot, bootMs: 10_000, stoppingMs: 1_000_000 });
  const ids = await lab.launch();
  await until("a booted machine", () => boot.machines.size === 1);
  boot.machines.get(ids[0] ?? "")?.shutDown();
  await until("its stop", async () => (await lab.states(ids))[0] === "stopping");
  await lab.ec2.terminateInstances({ InstanceIds: ids });
  expect(await lab.states(ids)).toEqual(["shutting-down"]);
  await until("its end", async () => (await lab.states(ids))[0] === "terminated");
  expect(lab.cloud.volumes).toEqual([]);
});

test("the console lags unless Latest is requested", async () => {
  await using lab = await Lab.open({ boot: new Switchboard(), bootMs: 10_000, consoleLagMs: 1_000_000 });
  const [id = ""] = await lab.launch();
  const [old = ""] = await lab.launch({ InstanceType: "t2.micro" });
  await until(
    "the console",
    async () => ((await lab.ec2.getConsoleOutput({ InstanceId: id, Latest: true })).Output ?? "") !== "",
  );
  expect((await lab.ec2.getConsoleOutput({ InstanceId: id })).Output).toBeUndefined();
  expect(await refusal(lab.ec2.getConsoleOutput({ InstanceId: old, Latest: true }))).toMatch(/^UnsupportedOperation/u);
  await lab.ec2.terminateInstances({ InstanceIds: [id] });
  const { Output = "" } = await lab.ec2.getConsoleOutput({ InstanceId: id });
  const text = Buffer.from(Output, "base64").toString();
  expect(text).toHaveLength(65_536);
  expect(text).toMatch(/last words\n$/u);
  expect(await refusal(lab.ec2.getConsoleOutput({ InstanceId: "i-01234567" }))).toMatch(/^InvalidInstanceID.NotFound/u);
});

test("AWS reclaims spot machines, and hosts fail", async () => {
  await using lab = await Lab.open();
  const [spot = ""] = await lab.launch({ InstanceMarketOptions: { MarketType: "spot" } });
  const [other = ""] = await lab.launch();
  const { SpotInstanceRequests: [request] = [] } = await lab.ec2.describeSpotInstanceRequests({
    Filters: [{ Name: "instance-id", Values: [spot] }],
  });
  expect(request).toMatchObject({ State: "active", Status: { Code: "fulfilled" }, Type: "one-time", InstanceId: spot });
  expect(request?.SpotInstanceRequestId).toMatch(/^sir-[a-z0-9]{8}$/u);
  lab.cloud.kill(spot);
  lab.cloud.kill(other);
  const { Reservations = [] } = await lab.ec2.describeInstances({ InstanceIds: [spot, other] });
  const reasons = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ StateReason }) => StateReason?.Code));
  expect(reasons).toEqual(["Server.SpotInstanceTermination", "Server.InternalError"]);
  const { SpotInstanceRequests: [ended] = [] } = await lab.ec2.describeSpotInstanceRequests({
    SpotInstanceRequestIds: [request?.SpotInstanceRequestId ?? ""],
  });
  expect(ended).toMatchObject({ State: "closed", Status: { Code: "instance-terminated-no-capacity" } });
  expect(() => lab.cloud.kill("i-nobody")).toThrow("no instance");
});

test("cancelling a spot request keeps its machine", async () => {
  await using lab = await Lab.open();
  const ids = await lab.launch({ InstanceMarketOptions: { MarketType: "spot" } });
  const { SpotInstanceRequests = [] } = await lab.ec2.describeSpotInstanceRequests({});
  const SpotInstanceRequestIds = SpotInstanceRequests.map(({ SpotInstanceRequestId: id = "" }) => id);
  const { CancelledSpotInstanceRequests } = await lab.ec2.cancelSpotInstanceRequests({ SpotInstanceRequestIds });
  expect(CancelledSpotInstanceRequests).toMatchObject([{ State: "cancelled" }]);
  expect(await lab.states(ids)).not.toContain("shutting-down");
});

test("status checks pass two minutes after a machine runs", async () => {
  await using lab = await Lab.open();
  const ids = await lab.launch();
  expect(
    (await lab.ec2.describeInstanceStatus({ InstanceIds: ids, IncludeAllInstances: true })).InstanceStatuses,
  ).toHaveLength(1);
  await lab.cloud.clock.sleep(121_000);
  expect((await lab.ec2.describeInstanceStatus({})).InstanceStatuses).toMatchObject([
    { InstanceId: ids[0], InstanceState: { Name: "running" }, InstanceStatus: { Status: "ok" } },
  ]);
});

test("a firewall admits the sources of its rules", async () => {
  const boot = new Switchboard();
  await using lab = await Lab.open({ boot, bootMs: 10_000 });
  const { GroupId = "" } = await lab.ec2.createSecurityGroup({ GroupName: "g", Description: "g" });
  const open = { IpProtocol: "tcp", FromPort: 8786, ToPort: 8788 };
  await lab.ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [
      { ...open, IpRanges: [{ CidrIp: "127.0.0.1/32" }] },
      { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId }] },
    ],
  });
  const [id = ""] = await lab.launch({ SecurityGroupIds: [GroupId] });
  const [member = ""] = await lab.launch({ SecurityGroupIds: [GroupId] });
  const [stranger = ""] = await lab.launch();
  await until("three booted machines", () => boot.machines.size === 3);
  const address = (of: string) => boot.machines.get(of)?.input.privateAddress ?? "";
  const admits = (source: string, port: number) => boot.machines.get(id)?.input.admits(source, port);
  expect([
    admits("127.0.0.1", 8785),
    admits("127.0.0.1", 8786),
    admits("127.0.0.1", 8788),
    admits("127.0.0.2", 8786),
  ]).toEqual([false, true, true, false]);
  expect([admits(address(member), 22), admits(address(stranger), 22)]).toEqual([true, false]);
  expect(boot.machines.get(id)?.input).toMatchObject({
    instanceId: id,
    hostname: expect.stringMatching(/^ip-127-.*\.ec2\.internal$/u),
  });
  await lab.ec2.revokeSecurityGroupIngress({
    GroupId,
    IpPermissions: [{ ...open, IpRanges: [{ CidrIp: "127.0.0.1/32" }] }],
  });
  expect(admits("127.0.0.1", 8786)).toBe(false);
});

test("a reset is a fresh account", async () => {
  await using lab = await Lab.open();
  await lab.launch({ MinCount: 3, MaxCount: 3 });
  lab.cloud.access.deny("ec2:*");
  await lab.cloud.reset();
  expect([lab.cloud.machines, lab.cloud.volumes, lab.cloud.calls.count()]).toEqual([[], [], 0]);
  // A reset breaks the connections.
  const fresh = lab.client();
  expect((await fresh.describeSubnets({})).Subnets).toHaveLength(6);
  fresh.destroy();
});
