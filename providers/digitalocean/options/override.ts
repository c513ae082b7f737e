import type { RawOverride } from "../../../src/cloud/raw-override.ts";

/** What `extraDropletOptions` cannot decide. */
export const DROPLET_OVERRIDE: RawOverride = {
  option: "extraDropletOptions",
  refused: {
    name: "droplets have the names by which dask-fleet finds them",
    names: "droplets have the names by which dask-fleet finds them",
    region: "use the `region` option",
    size: "use the `instanceType`, `schedulerInstanceType` and `workerInstanceType` options, or `instanceType` of a group",
    image: "use the `image` option",
    ssh_keys: "use the `sshKeys` option",
    monitoring: "use the `monitoring` option",
    vpc_uuid: "use the `vpcUuid` option",
    tags: "use the `tags` and `dropletTags` options",
    public_networking: "use the `publicIp` and `workerPublicIp` options",
    private_networking: "every droplet is in a VPC network",
    user_data: "it makes the machines nodes; use `extraBootstrap` for commands of your own",
    volumes: "a volume can be attached to one droplet only",
  },
  shape: { backup_policy: {} },
};

/** What else the create call takes; DigitalOcean ignores any other name, and says nothing. */
export const OTHER_FIELDS: readonly string[] = ["backups", "backup_policy", "ipv6", "with_droplet_agent"];
