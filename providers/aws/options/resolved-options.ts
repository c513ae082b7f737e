import { publicAddresses, type ResolvedVmOptions, type VmOptions } from "../../../src/cloud/cloud-options.ts";
import { assertOverride } from "../../../src/cloud/raw-override.ts";
import { mostImportant, oneThing } from "../../../src/options/overlapping.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { assertTogether, assertUserTags } from "../tags/tags.ts";
import type { EC2ClusterOptions } from "./options.ts";
import { RUN_INSTANCES_OVERRIDE } from "./override.ts";
import { schema } from "./schema.ts";

type WithDefault =
  | "instanceTypes"
  | "securityGroups"
  | "filesystemSize"
  | "instanceTags"
  | "volumeTags"
  | "enableDetailedMonitoring"
  | "runInstances";

/** {@link EC2ClusterOptions}, checked and with their defaults; what overlaps is one. */
export type ResolvedEc2Options = ResolvedVmOptions &
  Omit<EC2ClusterOptions, WithDefault | keyof VmOptions | "usePrivateIp" | "instanceType"> & {
    readonly [Option in WithDefault]: NonNullable<EC2ClusterOptions[Option]>;
  };

export function resolveEc2Options(section: string, options: EC2ClusterOptions): ResolvedEc2Options {
  const given = resolveOptions(schema, { section, options });
  const { usePrivateIp: _older, instanceType: _both, workerPublicIp, ...values } = given.values;
  assertUserTags("tags", values.tags);
  for (const option of ["instanceTags", "volumeTags"] as const) {
    assertUserTags(option, values[option]);
    assertTogether(option, values.tags, values[option]);
  }
  assertOverride(RUN_INSTANCES_OVERRIDE, values.runInstances);
  return {
    ...values,
    ...publicAddresses(
      oneThing(given, "publicIp", "usePrivateIp", (isPrivate) => !isPrivate),
      workerPublicIp,
    ),
    schedulerInstanceType: mostImportant(given, "schedulerInstanceType", "instanceType"),
    workerInstanceType: mostImportant(given, "workerInstanceType", "instanceType"),
  };
}

/** An option that takes one or several. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
