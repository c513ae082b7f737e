import { groupTypes, publicAddresses, type RoleTypes, roleTypes } from "../../../src/cloud/cloud-schema.ts";
import { type MachineKind, kindsOf, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { assertOverride } from "../../../src/cloud/raw-override.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import { type GroupsOption, groupsOption } from "../../../src/provider/groups/groups-option.ts";
import { assertUserTags } from "../tags/tags.ts";
import type { OCIClusterOptions } from "./options.ts";
import { LAUNCH_OVERRIDE } from "./override.ts";
import { schema } from "./schema.ts";

/** {@link OCIClusterOptions}, checked and with their defaults; what overlaps is one. Given again, they make the same cluster again. */
export type ResolvedOciOptions = Omit<ResolvedOptions<typeof schema>["values"], "instanceType" | keyof RoleTypes> &
  RoleTypes &
  GroupsOption;

export function resolveOciOptions(section: string, given: OCIClusterOptions): ResolvedOciOptions {
  const checked = resolveOptions(schema, { section, options: given });
  const { instanceType: _both, ...values } = checked.values;
  const groups = groupsOption(checked, ({ instanceType, ...own }) => ({ ...own, ...groupTypes(instanceType) }));
  const options: ResolvedOciOptions = { ...values, ...groups, ...publicAddresses(values), ...roleTypes(checked) };
  for (const kind of kindsOf(options, options.groups ?? [])) assertMachines(kind);
  return options;
}

/** What OCI would refuse of the scheduler's machine, with the cluster's options, or of a group's. */
function assertMachines(kind: MachineKind<ResolvedOciOptions>): void {
  const { tags, definedTags, launchInstance } = kind.options;
  const place = (option: string): string => optionInWords(kind, option);
  assertUserTags({ tags, definedTags }, place);
  assertOverride({ ...LAUNCH_OVERRIDE, option: place("launchInstance") }, launchInstance);
}

/** An option that takes one or several. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
