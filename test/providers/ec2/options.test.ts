import { describe, expect, test, vi } from "vitest";

import { EC2Cluster, type EC2ClusterOptions } from "../../../providers/aws/index.ts";
import { faults } from "../../unit/options/fixture.ts";
import { resolved } from "./samples.ts";

function refusal(options: object): string {
  return faults(() => resolved(options)).join("\n");
}

test("without an option and without credentials there is a plan for each machine", () => {
  const cluster = new EC2Cluster();
  expect(cluster.state).toBe("new");
  expect(cluster.previewStartupScript("worker")).toContain("DASK_FLEET_ROLE='worker'");
});

describe("the options of dask_cloudprovider.aws.EC2Cluster, in camelCase", () => {
  const upstream: EC2ClusterOptions = {
    region: "eu-central-1",
    availabilityZone: ["eu-central-1b", "eu-central-1a"],
    bootstrap: false,
    autoShutdown: false,
    ami: "ami-06d62f645899df7de",
    instanceType: "m6i.xlarge",
    schedulerInstanceType: "m6i.large",
    workerInstanceType: "c6i.4xlarge",
    vpc: "vpc-0abc",
    subnetId: "subnet-0abc",
    securityGroups: ["sg-0abc"],
    filesystemSize: 100,
    keyName: "my-key",
    iamInstanceProfile: { Name: "dask" },
    dockerImage: "ghcr.io/dask/dask:2026.7.1-py3.12",
    dockerArgs: "--shm-size 1g",
    envVars: { A: "1" },
    instanceTags: { team: "data" },
    volumeTags: { team: "data" },
    usePrivateIp: true,
    enableDetailedMonitoring: true,
    spot: true,
    nWorkers: 3,
    workerModule: "distributed.cli.dask_worker",
    workerOptions: { nthreads: 2 },
    schedulerOptions: { dashboardPrefix: "/x" },
    extraBootstrap: ["true"],
    security: false,
  };

  test("are all taken", () => {
    const { usePrivateIp: _private, instanceType: _type, filesystemSize: diskSize, ...others } = upstream;
    expect(resolved(upstream)).toMatchObject({
      ...others,
      diskSize,
      dockerArgs: ["--shm-size", "1g"],
      publicIp: false,
    });
  });

  test("are read from dask-cloudprovider's environment variables", () => {
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__REGION", "us-west-2");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__AVAILABILITY_ZONE", '["us-west-2a", "us-west-2b"]');
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__WORKER_INSTANCE_TYPE", "c7i.large");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__FILESYSTEM_SIZE", "50");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__USE_PRIVATE_IP", "True");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__IAM_INSTANCE_PROFILE", "{}");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__SPOT", "with-fallback");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__INSTANCE_TAGS", '{"createdBy": "dask-cloudprovider"}');
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__RUN_INSTANCES", '{"MetadataOptions": {"InstanceMetadataTags": "enabled"}}');
    expect(resolved()).toMatchObject({
      region: "us-west-2",
      availabilityZone: ["us-west-2a", "us-west-2b"],
      workerInstanceType: "c7i.large",
      diskSize: 50,
      publicIp: false,
      iamInstanceProfile: {},
      spot: "with-fallback",
      instanceTags: { createdBy: "dask-cloudprovider" },
      runInstances: { MetadataOptions: { InstanceMetadataTags: "enabled" } },
    });
  });
});

function many(prefix: string, count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, ""]));
}

test("false, an empty list and an empty string are values and win over the environment", () => {
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__SPOT", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__BOOTSTRAP", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__PUBLIC_IP", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__ENABLE_DETAILED_MONITORING", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__SECURITY_GROUPS", '["sg-0abc"]');
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__API_RETRIES", "3");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__INSTANCE_TAGS", '{"team": "a"}');
  const given = {
    spot: false,
    bootstrap: false,
    publicIp: false,
    enableDetailedMonitoring: false,
    securityGroups: [],
    apiRetries: 0,
    instanceTags: { team: "" },
  };
  expect(resolved(given)).toMatchObject(given);
});

test("the caller's tags win over those of the configuration", () => {
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__INSTANCE_TAGS", '{"team": "theirs"}');
  expect(resolved({ instanceTags: { team: "mine" } }).instanceTags).toEqual({ team: "mine" });
});

test("usePrivateIp is the opposite of publicIp, and a contradiction is an error", () => {
  expect(resolved().publicIp).toBe(true);
  expect(resolved({ usePrivateIp: true }).publicIp).toBe(false);
  expect(resolved({ usePrivateIp: false }).publicIp).toBe(true);
  expect(resolved({ usePrivateIp: true, publicIp: false }).publicIp).toBe(false);
  expect(refusal({ usePrivateIp: true, publicIp: true })).toContain("contradict");
});

test("of overlapping options the one from the stronger source wins, since dask-cloudprovider's file sets them all", () => {
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__SCHEDULER_INSTANCE_TYPE", "t2.micro");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__WORKER_INSTANCE_TYPE", "t2.micro");
  vi.stubEnv("DASK_CLOUDPROVIDER__EC2__USE_PRIVATE_IP", "False");
  const given = { instanceType: "m7i.large", workerInstanceType: "c7i.large", publicIp: false };
  expect(resolved(given)).toMatchObject({
    schedulerInstanceType: "m7i.large",
    workerInstanceType: "c7i.large",
    publicIp: false,
  });
});

test("publicIp: false gives no machine a public address, workerPublicIp: false no worker", () => {
  expect(resolved({ workerPublicIp: false })).toMatchObject({ publicIp: true, workerPublicIp: false });
  expect(resolved({ publicIp: false, workerPublicIp: true })).toMatchObject({ publicIp: false, workerPublicIp: false });
});

test("resolved options can be resolved again: records hold them", () => {
  const once = resolved({ region: "us-east-1", usePrivateIp: true, iamInstanceProfile: "p", subnetId: ["subnet-0a"] });
  const { security: _security, ...recorded } = JSON.parse(JSON.stringify(once)) as Record<string, unknown>;
  expect(resolved(recorded)).toEqual(once);
});

test.each([
  [{ region: "us-east-1a" }, 'not a zone such as "us-east-1a"'],
  [{ region: "" }, "region"],
  [{ ami: "ubuntu" }, "ami-0123456789abcdef0"],
  [{ instanceType: "large" }, "m7i.large"],
  [{ instanceTypes: ["m7i.large", ""] }, "instanceTypes[1]"],
  [{ vpc: "default" }, "vpc-0123456789abcdef0"],
  [{ subnetId: [] }, "subnetId"],
  [{ securityGroups: ["default"] }, "sg-0123456789abcdef0"],
  [{ filesystemSize: 0 }, "filesystemSize"],
  [{ iamInstanceProfile: { Name: "a", Arn: "b" } }, "either Name or Arn"],
  [{ spot: "always" }, "with-fallback"],
  [{ instanceTags: { creator: "me" } }, "dask-fleet's own"],
  [{ instanceTags: { role: "x" } }, "dask-fleet's own"],
  [{ volumeTags: { "cluster-name": "x" } }, "volumeTags"],
  [{ volumeTags: { expires: "0" } }, "dask-fleet's own"],
  [{ instanceTags: { "aws:x": "y" } }, '"aws:"'],
  [{ instanceTags: { "": "y" } }, "1 to 128"],
  [{ instanceTags: { a: "y".repeat(257) } }, "256"],
  [{ instanceTags: many("t", 46) }, "43 tags"],
  [{ tags: { creator: "me" } }, 'The tag "creator" of the `tags` option is dask-fleet\'s own'],
  [{ tags: { "AWS:x": "y" } }, '"aws:"'],
  [{ tags: many("a", 30), volumeTags: many("b", 30) }, "`tags` and `volumeTags` options together"],
  [{ instanceTyp: "m7i.large" }, "instanceType"],
])("%j is refused", (options, words) => {
  expect(refusal(options)).toContain(words);
});

test.each([
  [{ MinCount: 5 }, "nWorkers"],
  [{ ClientToken: "x" }, "sent again"],
  [{ UserData: "x" }, "extraBootstrap"],
  [{ TagSpecifications: [] }, "instanceTags"],
  [{ ImageId: "ami-0" }, "use ami"],
  [{ InstanceType: "t3.micro" }, "use instanceType"],
  [{ InstanceMarketOptions: { MarketType: "spot" } }, "use spot"],
  [{ NetworkInterfaces: [{ AssociatePublicIpAddress: true }] }, "use publicIp"],
  [{ NetworkInterfaces: [{}, { Groups: [] }] }, "use securityGroups"],
  [{ BlockDeviceMappings: [{ Ebs: { DeleteOnTermination: false } }] }, "goes with it"],
  [{ InstanceInitiatedShutdownBehavior: "stop" }, "autoShutdown"],
  [{ DisableApiTermination: true }, "could not be taken down"],
  [{ NetworkInterfaces: {} }, "NetworkInterfaces, which must be a list"],
  [{ BlockDeviceMappings: [{ Ebs: "no" }] }, "BlockDeviceMappings[0].Ebs, which must be a mapping"],
  [{ MetadataOptions: [] }, "MetadataOptions, which must be a mapping"],
])("runInstances: %j is refused", (runInstances, words) => {
  expect(refusal({ runInstances })).toContain(words);
});
