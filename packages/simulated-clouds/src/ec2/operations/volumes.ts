import type {
  DeleteVolumeRequest,
  DescribeVolumesRequest,
  DescribeVolumesResult,
  VolumeState,
  VolumeType,
} from "@aws-sdk/client-ec2";

import { Ec2Error } from "../errors.ts";
import { tagList } from "../state/tag-rules.ts";
import type { Volume } from "../state/volume.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { pageOf } from "./paging.ts";

const FILTERS: FilterTable<Volume> = {
  "attachment.attach-time": ({ instanceId, createdAt }) => (instanceId === undefined ? undefined : createdAt),
  "attachment.delete-on-termination": ({ instanceId, plan }) =>
    instanceId === undefined ? undefined : plan.deleteOnTermination,
  "attachment.device": ({ instanceId, plan }) => (instanceId === undefined ? undefined : plan.device),
  "attachment.instance-id": ({ instanceId }) => instanceId,
  "attachment.status": ({ instanceId }) => (instanceId === undefined ? undefined : "attached"),
  "availability-zone": ({ zone }) => zone,
  "create-time": ({ createdAt }) => createdAt,
  encrypted: ({ plan }) => plan.encrypted,
  size: ({ plan }) => plan.sizeGiB,
  "snapshot-id": ({ plan }) => plan.snapshotId,
  status: (volume) => stateOf(volume),
  "volume-id": ({ id }) => id,
  "volume-type": ({ plan }) => plan.type,
};

export function describeVolumes(call: Call<DescribeVolumesRequest>): DescribeVolumesResult {
  const { account, input } = call;
  void input.IncludeManagedResources;
  const named = input.VolumeIds === undefined ? account.volumes.visible : account.volumes.demand(input.VolumeIds);
  const page = pageOf(call, filteredWithTags(named, input.Filters, FILTERS), {
    named: { parameter: "volumesSet", ids: input.VolumeIds },
  });
  return {
    Volumes: page.items.map((volume) => {
      const { id, plan, zone, createdAt, instanceId, tags } = volume;
      const attachment = {
        VolumeId: id,
        InstanceId: instanceId,
        Device: plan.device,
        State: "attached" as const,
        AttachTime: createdAt,
        DeleteOnTermination: plan.deleteOnTermination,
      };
      return {
        VolumeId: id,
        AvailabilityZone: zone,
        CreateTime: createdAt,
        Size: plan.sizeGiB,
        VolumeType: plan.type as VolumeType,
        Iops: plan.iops,
        Throughput: plan.throughput,
        Encrypted: plan.encrypted,
        SnapshotId: plan.snapshotId ?? "",
        State: stateOf(volume),
        MultiAttachEnabled: false,
        Attachments: instanceId === undefined ? [] : [attachment],
        Tags: tagList(tags),
      };
    }),
    NextToken: page.NextToken,
  };
}

export function deleteVolume(call: Call<DeleteVolumeRequest>): Record<string, never> {
  const { account, input } = call;
  const [volume] = account.volumes.demand([input.VolumeId ?? ""], { lagging: account.lagging });
  if (volume?.instanceId !== undefined) {
    throw new Ec2Error("VolumeInUse", `Volume ${volume.id} is currently attached to ${volume.instanceId}`);
  }
  call.begin();
  if (volume !== undefined) account.volumes.delete(volume.id);
  return {};
}

function stateOf({ instanceId }: Volume): VolumeState {
  return instanceId === undefined ? "available" : "in-use";
}
