import type { RawOverride } from "../../../src/cloud/raw-override.ts";

/** What the `runInstances` option may not say, since it would be lost, or would lose machines. */
export const RUN_INSTANCES_OVERRIDE: RawOverride = {
  option: "runInstances",
  refused: {
    MinCount: "the number of machines follows from nWorkers, scale() and adapt()",
    MaxCount: "the number of machines follows from nWorkers, scale() and adapt()",
    ClientToken: "it keeps a request that is sent again from making machines twice",
    UserData: "it is what makes the machine a node of the cluster: use extraBootstrap, envVars or your own ami",
    TagSpecifications: "use tags, instanceTags and volumeTags",
    DryRun: "a dry run makes no machine",
    ImageId: "use ami",
    InstanceType: "use instanceType, schedulerInstanceType, workerInstanceType or instanceTypes",
    InstanceMarketOptions: "use spot",
    SubnetId: "use subnetId",
    SecurityGroupIds: "use securityGroups",
    SecurityGroups: "use securityGroups",
    "Placement.AvailabilityZone": "use availabilityZone",
    "NetworkInterfaces.*.SubnetId": "use subnetId",
    "NetworkInterfaces.*.Groups": "use securityGroups",
    "NetworkInterfaces.*.AssociatePublicIpAddress": "use publicIp and workerPublicIp",
    "NetworkInterfaces.*.DeleteOnTermination": "what a machine has goes with it",
    "BlockDeviceMappings.*.Ebs.DeleteOnTermination": "what a machine has goes with it",
    DisableApiTermination: "the cluster could not be taken down",
    InstanceInitiatedShutdownBehavior: "a machine that has powered off must not cost money: see autoShutdown",
  },
  shape: {
    NetworkInterfaces: [{}],
    BlockDeviceMappings: [{ Ebs: {} }],
    MetadataOptions: {},
    Monitoring: {},
    IamInstanceProfile: {},
  },
};
