import { afterEach, beforeEach, expect, test } from "vitest";
import type { z } from "zod";

import { patientSpeed } from "../../../../test/support/patience.ts";
import { until } from "../../../../test/support/until.ts";
import type { WireReply, WireRequest } from "../../src/core/http-cloud.ts";
import * as instances from "../../src/oci/bodies/instance.ts";
import * as networks from "../../src/oci/bodies/network.ts";
import * as pools from "../../src/oci/bodies/pool.ts";
import { ROUTES } from "../../src/oci/routes.ts";
import { SimulatedOci } from "../../src/oci/simulated-oci.ts";
import { faultsOf, officialModel, officialOperations } from "./official.ts";
import { Sdk } from "./sdk.ts";

const OFFICIAL = officialOperations();

const SCHEMAS: Readonly<Record<string, z.ZodObject>> = {
  LaunchInstanceDetails: instances.launchInstance,
  CreateVnicDetails: instances.createVnic,
  LaunchInstanceShapeConfigDetails: instances.shapeConfig,
  InstanceSourceViaImageDetails: instances.imageSource,
  InstanceSourceViaBootVolumeDetails: instances.volumeSource,
  LaunchOptions: instances.launchOptions,
  LaunchInstanceAgentConfigDetails: instances.agentConfig,
  InstanceOptions: instances.instanceOptions,
  LaunchInstanceAvailabilityConfigDetails: instances.availabilityConfig,
  PreemptibleInstanceConfigDetails: instances.preemptibleConfig,
  UpdateInstanceDetails: instances.updateInstance,
  CaptureConsoleHistoryDetails: instances.captureConsole,
  CreateComputeCapacityReportDetails: instances.capacityReport,
  CreateCapacityReportShapeAvailabilityDetails: instances.capacityShape,
  UpdateBootVolumeDetails: instances.updateBootVolume,
  InstanceConfigurationLaunchInstanceDetails: instances.configurationLaunch,
  ComputeInstanceDetails: pools.computeDetails,
  CreateInstancePoolDetails: pools.createPool,
  CreateInstancePoolPlacementConfigurationDetails: pools.placement,
  UpdateInstancePoolDetails: pools.updatePool,
  DetachInstancePoolInstanceDetails: pools.detachInstance,
  CreateVcnDetails: networks.createVcn,
  CreateSubnetDetails: networks.createSubnet,
  CreateInternetGatewayDetails: networks.createInternetGateway,
  RouteRule: networks.routeRule,
  UpdateRouteTableDetails: networks.updateRouteTable,
  IngressSecurityRule: networks.ingressRule,
  EgressSecurityRule: networks.egressRule,
  UpdateSecurityListDetails: networks.updateSecurityList,
  CreateNetworkSecurityGroupDetails: networks.createGroup,
  UpdateNetworkSecurityGroupDetails: networks.updateGroup,
  AddSecurityRuleDetails: networks.addRule,
};

/** Those of the services whose packages are installed: not the limits. */
const OPERATIONS = Object.entries(ROUTES).filter(([name]) => name !== "GetResourceAvailability");

test.each(OPERATIONS)("%s has the official path, verb and query parameters", (name, [verb, path, parameters]) => {
  const official = OFFICIAL.get(name);
  expect([official?.verb, official?.path]).toEqual([verb, path]);
  expect(official?.queryParameters).toEqual(expect.arrayContaining([...parameters]));
});

test.each(Object.entries(SCHEMAS))("a %s has official fields and what is required", (name, schema) => {
  const { properties } = officialModel(name) ?? {};
  const fields = Object.entries(schema.shape);
  expect([...(properties?.keys() ?? [])]).toEqual(expect.arrayContaining(fields.map(([field]) => field)));
  const needed = fields.filter(([, type]) => !type.isOptional()).map(([field]) => field);
  const required = [...(properties ?? [])].filter(([, { isRequired }]) => isRequired).map(([field]) => field);
  expect(needed.toSorted()).toEqual(required.toSorted());
});

test("an answer with an unknown, a missing or a wrong field is found", () => {
  const { service = "" } = OFFICIAL.get("GetVcn") ?? {};
  const right = { cidrBlock: "", cidrBlocks: [], compartmentId: "", id: "", lifecycleState: "AVAILABLE" };
  expect(faultsOf(right, "model.Vcn", service)).toEqual([]);
  const wrong = [{ ...right, ID: 1, lifecycleState: "READY" }, { id: "" }];
  expect(faultsOf(wrong, "Array<model.Vcn>", service)).toEqual([
    "Array<model.Vcn>.lifecycleState: READY",
    "Array<model.Vcn>.ID is unknown",
    ...["cidrBlock", "cidrBlocks", "compartmentId", "lifecycleState"].map((name) => `Array<model.Vcn> has no ${name}`),
  ]);
});

/** Looks at each answer as OCI's description has it. */
class JudgedOci extends SimulatedOci {
  readonly unofficial = new Set<string>();
  readonly judged = new Set<string>();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    const reply = await super.answer(operation, request);
    const { answer, service } = OFFICIAL.get(operation) ?? {};
    if (reply.status !== 200 || answer === undefined || service === undefined || !answer.includes("model."))
      return reply;
    this.judged.add(operation);
    for (const fault of faultsOf(JSON.parse(String(reply.body)), answer, service))
      this.unofficial.add(`${operation}: ${fault}`);
    return reply;
  }
}

let cloud: JudgedOci;
beforeEach(async () => {
  cloud = await new JudgedOci({ speed: patientSpeed(), throttling: false, listLagMs: 0 }).start();
});
afterEach(async () => {
  await cloud[Symbol.asyncDispose]();
});

test("every answer is as OCI's description has it", async () => {
  const sdk = new Sdk(cloud);
  const { compute, network, identity, management, compartmentId } = sdk;
  const group = await sdk.group();
  await sdk.addRules(group, [
    {
      direction: "INGRESS" as never,
      protocol: "6",
      source: "0.0.0.0/0",
      tcpOptions: { destinationPortRange: { min: 1, max: 2 } },
    },
  ]);
  const { id: instanceId } = await sdk.launch({ createVnicDetails: { subnetId: cloud.publicSubnet, nsgIds: [group] } });
  const { availabilityDomain } = sdk.details();
  await sdk.untilState(instanceId, "RUNNING");
  const vnic = await sdk.vnic(instanceId);
  const [imageId, vnicId, vcnId] = [sdk.image(), vnic.id, sdk.vcnId];
  const { consoleHistory } = await compute.captureConsoleHistory({ captureConsoleHistoryDetails: { instanceId } });
  await compute.getConsoleHistory({ instanceConsoleHistoryId: consoleHistory.id });
  await compute.createComputeCapacityReport({
    createComputeCapacityReportDetails: {
      compartmentId,
      availabilityDomain,
      shapeAvailabilities: [{ instanceShape: "VM.Standard2.1" }, { instanceShape: "VM.None" }],
    },
  });
  const { instanceConfiguration } = await management.createInstanceConfiguration({
    createInstanceConfiguration: {
      source: "NONE",
      compartmentId,
      instanceDetails: { instanceType: "compute", launchDetails: { shape: "VM.Standard2.1" } },
    },
  });
  const instanceConfigurationId = instanceConfiguration.id;
  const { instancePool } = await management.createInstancePool({
    createInstancePoolDetails: {
      compartmentId,
      instanceConfigurationId,
      size: 0,
      placementConfigurations: [{ availabilityDomain }],
    },
  });
  const { id: instancePoolId } = instancePool;
  const calls = [
    compute.listInstances({ compartmentId }),
    compute.updateInstance({ instanceId, updateInstanceDetails: { displayName: "other" } }),
    compute.getVnicAttachment({
      vnicAttachmentId: (await compute.listVnicAttachments({ compartmentId })).items[0]?.id ?? "",
    }),
    compute.listImages({ compartmentId }),
    compute.getImage({ imageId }),
    compute.listImageShapeCompatibilityEntries({ imageId }),
    compute.listShapes({ compartmentId }),
    compute.listBootVolumeAttachments({ compartmentId, availabilityDomain }),
    compute.listConsoleHistories({ compartmentId }),
    compute.listVolumeAttachments({ compartmentId }),
    management.listInstanceConfigurations({ compartmentId }),
    management.getInstanceConfiguration({ instanceConfigurationId }),
    management.listInstancePools({ compartmentId }),
    management.getInstancePool({ instancePoolId }),
    management.listInstancePoolInstances({ compartmentId, instancePoolId }),
    network.listVcns({ compartmentId }),
    network.getVcn({ vcnId }),
    network.listSubnets({ compartmentId }),
    network.listInternetGateways({ compartmentId }),
    network.listRouteTables({ compartmentId }),
    network.listSecurityLists({ compartmentId }),
    network.listNetworkSecurityGroups({ compartmentId }),
    network.getNetworkSecurityGroup({ networkSecurityGroupId: group }),
    network.listNetworkSecurityGroupSecurityRules({ networkSecurityGroupId: group }),
    network.listNetworkSecurityGroupVnics({ networkSecurityGroupId: group }),
    network.listPrivateIps({ vnicId }),
    identity.listAvailabilityDomains({ compartmentId }),
    identity.listFaultDomains({ compartmentId, availabilityDomain }),
    identity.listCompartments({ compartmentId }),
    identity.getCompartment({ compartmentId }),
    identity.getTenancy({ tenancyId: cloud.tenancy }),
    identity.getUser({ userId: cloud.user }),
    identity.listRegionSubscriptions({ tenancyId: cloud.tenancy }),
    identity.listTagNamespaces({ compartmentId }),
  ];
  await Promise.all(calls);
  const { items } = await network.listPrivateIps({ vnicId });
  await network.getPublicIpByPrivateIpId({ getPublicIpByPrivateIpIdDetails: { privateIpId: items[0]?.id ?? "" } });
  await until("the pool to be idle", async () => (await sdk.poolState(instancePoolId)) === "RUNNING");
  expect([...cloud.unofficial]).toEqual([]);
  expect(cloud.violations).toEqual([]);
  expect(cloud.judged.size).toBeGreaterThan(40);
});
