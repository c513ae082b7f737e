import { connect } from "node:net";

import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";
import { Lab } from "./lab.ts";

/** Whether something listens there and lets us in: a refused connection ends without a word. */
async function isOpen(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const decide = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("error", () => decide(false));
    socket.once("close", () => decide(false));
    socket.once("connect", () => setTimeout(() => decide(!socket.closed), 50));
  });
}

test("machines boot what RunInstances sent, and their public ports obey their security group", async () => {
  await using lab = await Lab.open({ boot: "paper", terminatedShownMs: 1e9 });
  const told = new ToldCluster("x");
  const { GroupId = "" } = await lab.ec2.createSecurityGroup({ GroupName: "g", Description: "g" });
  const ofMembers = [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId }] }];
  await lab.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: ofMembers });
  const card = { DeviceIndex: 0, Groups: [GroupId], AssociatePublicIpAddress: true };
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const { Instances: [scheduler] = [] } = await lab.ec2.runInstances(
    await lab.request({
      UserData: base64(told.scheduler()),
      NetworkInterfaces: [card],
      InstanceInitiatedShutdownBehavior: "terminate",
    }),
  );
  const host = scheduler?.PrivateIpAddress ?? "";
  const UserData = base64(told.worker(host));
  await lab.launch({ UserData, MinCount: 3, MaxCount: 3, SecurityGroupIds: [GroupId] });
  await lab.launch({ UserData, InstanceInitiatedShutdownBehavior: "terminate" });
  await until("three workers", () => (lab.cloud.paper.scheduler("x")?.workers.size ?? 0) === 3);
  // The fourth is in another group: it waits in vain.
  await until("the end of the stranger", () => lab.cloud.machines[4]?.state === "terminated");
  expect(lab.cloud.paper.scheduler("x")?.workers.size).toBe(3);
  const { publicAddress = "", id } = lab.cloud.machines[0] ?? { id: "" };
  expect(await isOpen(publicAddress, 8786)).toBe(false);
  const open = [{ IpProtocol: "tcp", FromPort: 8786, ToPort: 8786, IpRanges: [{ CidrIp: "127.0.0.1/32" }] }];
  await lab.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: open });
  expect([await isOpen(publicAddress, 8786), await isOpen(publicAddress, 8788)]).toEqual([true, false]);
  const { Output = "" } = await lab.ec2.getConsoleOutput({ InstanceId: id, Latest: true });
  expect(Buffer.from(Output, "base64").toString()).toContain("Scheduler at");
  await lab.ec2.terminateInstances({ InstanceIds: lab.cloud.machines.map((machine) => machine.id) });
  await until("the end of all machines", () => lab.cloud.machines.every(({ state }) => state === "terminated"));
});
