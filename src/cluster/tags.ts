import type { MachineRole } from "../role.ts";
import type { MachineState, TaggedResource } from "./machine.ts";

/** What is written on everything that a cluster makes, so that it can be found and removed without any other record. */
export function clusterTags(
  clusterName: string,
  role: MachineRole | undefined,
  expiresAt: Date | undefined,
): Record<string, string> {
  return {
    creator: "dask-fleet",
    "cluster-name": clusterName,
    ...(role === undefined ? {} : { role }),
    ...(expiresAt === undefined ? {} : { expires: String(Math.floor(expiresAt.getTime() / 1000)) }),
  };
}

/** A resource with such tags, as a provider has found it. */
export function taggedResource(kind: string, id: string, tags: Readonly<Record<string, string>>): TaggedResource {
  const expiresAt = new Date(Number(tags["expires"] ?? Number.NaN) * 1000);
  return {
    kind,
    id,
    clusterName: tags["cluster-name"] ?? "",
    // Whoever may tag can write what is no time.
    expiresAt: Number.isNaN(expiresAt.getTime()) ? undefined : expiresAt,
  };
}

/** A machine with such tags. */
export function taggedMachine(
  kind: string,
  { id, state }: { readonly id: string; readonly state: MachineState },
  tags: Readonly<Record<string, string>>,
): TaggedResource {
  return { ...taggedResource(kind, id, tags), ...(state === "ending" ? {} : { stopped: state === "stopped" }) };
}
