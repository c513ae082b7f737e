import type { RawOverride } from "../../../src/cloud/raw-override.ts";

/** What the `instanceProperties` option may say. */
export const INSTANCE_PROPERTIES_OVERRIDE: RawOverride = {
  option: "instanceProperties",
  refused: {
    machineType: "use machineType, schedulerMachineType or workerMachineType",
    guestAccelerators: "use nGpus and gpuType",
    labels: "use instanceLabels",
    tags: "use networkTags",
    metadata: "use instanceMetadata",
    serviceAccounts: "use serviceAccount and instanceScopes",
    "disks.*.autoDelete": "what a machine has goes with it",
    "disks.*.source": "a disk that exists already would be lost with the machine",
    "disks.*.initializeParams.sourceImage": "use sourceImage",
    "disks.*.initializeParams.labels": "use instanceLabels",
    "networkInterfaces.*.accessConfigs": "use publicIp and workerPublicIp",
    "networkInterfaces.*.ipv6AccessConfigs": "use publicIp and workerPublicIp",
    "networkInterfaces.*.network": "use network",
    "networkInterfaces.*.subnetwork": "use subnetwork",
    "networkInterfaces.*.networkIP": "all workers are made alike, so none can have an address of its own",
    "scheduling.preemptible": "use spot",
    "scheduling.provisioningModel": "use spot",
    "scheduling.instanceTerminationAction": "a machine whose time is over must not cost money",
    "scheduling.onHostMaintenance": "use onHostMaintenance",
    "scheduling.maxRunDuration": "use maxLifetimeMs",
    "scheduling.terminationTime": "use maxLifetimeMs",
  },
  shape: { disks: [{ initializeParams: {} }], networkInterfaces: [{}], scheduling: {}, shieldedInstanceConfig: {} },
};
