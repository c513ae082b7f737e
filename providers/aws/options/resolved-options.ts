import { groupTypes, publicAddresses, roleTypes } from "../../../src/cloud/cloud-schema.ts";
import { type MachineKind, kindsOf, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { assertOverride } from "../../../src/cloud/raw-override.ts";
import { resolveOptions, type ResolvedOptions } from "../../../src/options/resolve.ts";
import { type GroupsOption, groupsOption } from "../../../src/provider/groups/groups-option.ts";
import { assertTogether, assertUserTags } from "../tags/tags.ts";
import type { EC2ClusterOptions } from "./options.ts";
import { RUN_INSTANCES_OVERRIDE } from "./override.ts";
import { schema } from "./schema.ts";

/** {@link EC2ClusterOptions}, checked and with their defaults; what overlaps is one. */
export type ResolvedEc2Options = Omit<ResolvedOptions<typeof schema>["values"], "instanceType"> & GroupsOption;

export function resolveEc2Options(section: string, options: EC2ClusterOptions): ResolvedEc2Options {
  const given = resolveOptions(schema, { section, options });
  const { instanceType: _both, ...values } = given.values;
  const groups = groupsOption(given, ({ instanceType, ...own }) => ({ ...own, ...groupTypes(instanceType) }));
  for (const kind of kindsOf(values, groups.groups ?? [])) assertMachines(kind);
  return { ...values, ...groups, ...publicAddresses(values), ...roleTypes(given) };
}

/** What EC2 would refuse of the scheduler's machine, with the cluster's options, or of a group's. */
function assertMachines(
  kind: MachineKind<Pick<ResolvedEc2Options, "tags" | "instanceTags" | "volumeTags" | "runInstances">>,
): void {
  const { tags, runInstances } = kind.options;
  const place = (option: string): string => optionInWords(kind, option);
  assertUserTags(place("tags"), tags);
  for (const option of ["instanceTags", "volumeTags"] as const) {
    assertUserTags(place(option), kind.options[option]);
    assertTogether([place("tags"), place(option)], tags, kind.options[option]);
  }
  assertOverride({ ...RUN_INSTANCES_OVERRIDE, option: place("runInstances") }, runInstances);
}

/** An option that takes one or several. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
