import type { RunInstancesRequest } from "@aws-sdk/client-ec2";

import type { Ec2Image } from "../catalogue/images.ts";
import { INSTANCE_TYPES, type TypeFacts } from "../catalogue/instance-types.ts";
import { Ec2Error, invalidCombination, invalidValue, missing } from "../errors.ts";
import type { Call } from "../operations/call.ts";
import { checkMetadataTags, tagsByType } from "../state/tag-rules.ts";
import type { LaunchPlan } from "./plan.ts";
import { readMetadataOptions } from "./read-metadata-options.ts";
import { readNetwork } from "./read-network.ts";
import { readProfile } from "./read-profile.ts";
import { readSpot } from "./read-spot.ts";
import { readUserData } from "./read-user-data.ts";
import { readVolumes } from "./read-volumes.ts";

/**
 * What RunInstances is asked for.
 *
 * @throws Ec2Error where EC2 would refuse it, whatever room there is.
 */
export function readPlan(call: Call<RunInstancesRequest>): LaunchPlan {
  const { account, input } = call;
  const { minCount, maxCount } = readCounts(input);
  const image = readImage(call);
  const type = readType(input.InstanceType, image);
  const spot = readSpot(input, type);
  const metadata = readMetadataOptions(input.MetadataOptions, image);
  const taggable = ["instance", "volume", "network-interface", "elastic-gpu"] as const;
  const tags = tagsByType(input.TagSpecifications, [...taggable, ...(spot === undefined ? [] : SPOT_TAGGABLE)]);
  if (metadata.InstanceMetadataTags === "enabled") checkMetadataTags(tags.get("instance"));
  if (input.KeyName !== undefined && !account.keyPairs.has(input.KeyName)) {
    throw new Ec2Error("InvalidKeyPair.NotFound", `The key pair '${input.KeyName}' does not exist`);
  }
  const shutdownBehavior = input.InstanceInitiatedShutdownBehavior ?? "stop";
  if (shutdownBehavior !== "stop" && shutdownBehavior !== "terminate") {
    throw invalidValue(
      `Value (${String(shutdownBehavior)}) for parameter instanceInitiatedShutdownBehavior is invalid.`,
    );
  }
  const terminationProtection = input.DisableApiTermination ?? false;
  if (terminationProtection && spot !== undefined) {
    throw invalidCombination("Termination protection is not supported for Spot Instances");
  }
  // Neither shows in what this simulation answers.
  void [input.DisableApiStop, input.CreditSpecification?.CpuCredits];
  return {
    image,
    type,
    minCount,
    maxCount,
    spot,
    metadata,
    tags,
    shutdownBehavior,
    terminationProtection,
    clientToken: input.ClientToken,
    network: readNetwork(call),
    userData: readUserData(input.UserData),
    keyName: input.KeyName,
    profile: readProfile(call),
    volumes: readVolumes(input.BlockDeviceMappings, image),
    monitoring: input.Monitoring?.Enabled ?? false,
    ebsOptimized: input.EbsOptimized ?? false,
    echoes: copyOf({
      CpuOptions: input.CpuOptions,
      EnclaveOptions: input.EnclaveOptions,
      HibernationOptions: input.HibernationOptions,
      MaintenanceOptions: input.MaintenanceOptions,
      PrivateDnsNameOptions: input.PrivateDnsNameOptions,
      CapacityReservationSpecification: input.CapacityReservationSpecification,
    }),
  };
}

const SPOT_TAGGABLE = ["spot-instances-request"] as const;

function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function readCounts({ MinCount: minCount = 0, MaxCount: maxCount = 0 }: RunInstancesRequest) {
  for (const [name, count] of Object.entries({ minCount, maxCount })) {
    if (!Number.isInteger(count) || count < 1) {
      throw invalidValue(`Value (${count}) for parameter ${name} is invalid. Expecting a positive integer.`);
    }
  }
  if (minCount > maxCount) {
    throw invalidValue(
      `Value (${maxCount}) for parameter maxCount is invalid. Must be greater than or equal to minCount (${minCount}).`,
    );
  }
  return { minCount, maxCount };
}

function readImage({ account, input }: Call<RunInstancesRequest>): Ec2Image {
  if (input.ImageId === undefined) throw missing("ImageId");
  const [image] = account.images.demand([input.ImageId]);
  if (image === undefined) throw new Error("An image was demanded");
  return image;
}

function readType(name: string | undefined, image: Ec2Image): TypeFacts {
  if (name === undefined) throw missing("InstanceType");
  const type = INSTANCE_TYPES.find((each) => each.name === name);
  if (type === undefined) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  if (type.architecture !== image.architecture) {
    throw invalidValue(
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
    );
  }
  if (image.rootType !== "ebs") {
    throw invalidCombination(`The instance type '${name}' can only be launched from an AMI with an EBS root device`);
  }
  return type;
}
