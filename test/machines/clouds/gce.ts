import { gcpPreempted, type MachineInput, SpotNotices } from "@dask-fleet/simulated-clouds";

import {
  type Asked,
  type Disguise,
  type FirstFile,
  isFolder,
  listing,
  lookUp,
  NOT_FOUND,
  type Told,
  type Tree,
} from "../lab/disguise.ts";
import { METADATA } from "../lab/ranges.ts";

const ROOT = "/computeMetadata/v1/";

/** Google Compute Engine. */
export class GceDisguise implements Disguise {
  readonly notices = new SpotNotices();

  firmware({ instanceId }: MachineInput): Record<string, string> {
    return {
      sys_vendor: "Google",
      product_name: "Google Compute Engine",
      product_serial: `GoogleCloud-${Buffer.from(instanceId).toString("hex").padEnd(32, "0").slice(0, 32)}`,
    };
  }

  files(): readonly FirstFile[] {
    // Google's images have this line.
    return [{ path: "/etc/hosts", content: `127.0.0.1 localhost\n${METADATA} metadata.google.internal metadata\n` }];
  }

  answer({ method, url, headers }: Asked, machine: MachineInput): Told | Promise<Told> {
    if (headers["metadata-flavor"] !== "Google") return { status: 403, body: "Missing required header\n" };
    if (method !== "GET" || !url.pathname.startsWith(ROOT)) return NOT_FOUND;
    if (url.pathname === `${ROOT}instance/preempted`) {
      return gcpPreempted(this.notices, machine.id, url.searchParams);
    }
    const found = lookUp(tree(machine), url.pathname.slice(ROOT.length));
    if (found === undefined) return NOT_FOUND;
    if (!isFolder(found)) return { status: 200, body: found };
    if (url.searchParams.get("recursive")?.toLowerCase() !== "true") return { status: 200, body: listing(found) };
    return { status: 200, body: JSON.stringify(found), type: "application/json" };
  }
}

function tree({ instanceId, hostname, attributes = {} }: MachineInput): Tree {
  return {
    instance: {
      id: instanceId,
      zone: "projects/1234567890/zones/us-central1-a",
      hostname: `${hostname}.us-central1-a.c.my-project.internal`,
      attributes,
      scheduling: { preemptible: "TRUE", "automatic-restart": "FALSE", "on-host-maintenance": "TERMINATE" },
    },
    project: { "project-id": "my-project", attributes: {} },
  };
}
