import { publicAddresses, type RoleTypes, roleTypes } from "../../../src/cloud/cloud-schema.ts";
import { type MachineKind, kindsOf, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { assertOverride } from "../../../src/cloud/raw-override.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { didYouMean } from "../../../src/options/option-names.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import { type GroupsOption, groupsOption } from "../../../src/provider/groups/groups-option.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { assertUserTags } from "../tags/tags.ts";
import type { DropletClusterOptions } from "./options.ts";
import { DROPLET_OVERRIDE, OTHER_FIELDS } from "./override.ts";
import { schema } from "./schema.ts";

/** {@link DropletClusterOptions}, checked and with their defaults; what overlaps is one. Given again, they make the same cluster again. */
export type ResolvedDropletOptions = Omit<
  ResolvedOptions<typeof schema>["values"],
  "token" | "instanceType" | keyof RoleTypes
> &
  RoleTypes &
  GroupsOption;

/** The token is apart: what is resolved goes into the cluster's record. */
export interface DropletOptions {
  readonly options: ResolvedDropletOptions;
  readonly token: string | undefined;
  /** Where the token was found: a variable, or the option. Undefined without one. */
  readonly tokenFrom: string | undefined;
}

export function resolveDropletOptions(section: string, given: DropletClusterOptions): DropletOptions {
  const checked = resolveOptions(schema, { section, options: given });
  const { token, instanceType: _both, ...values } = checked.values;
  const groups = groupsOption(checked, ({ instanceType: workerInstanceType, ...own }) => ({
    ...own,
    workerInstanceType,
  }));
  const options: ResolvedDropletOptions = {
    ...values,
    ...groups,
    ...publicAddresses(values),
    ...roleTypes(checked),
  };
  for (const kind of kindsOf(options, options.groups ?? [])) assertMachines(kind);
  const found = token === undefined ? tokenOfTools() : { token, tokenFrom: "the `token` option" };
  return { options, token: found?.token, tokenFrom: found?.tokenFrom };
}

/** What DigitalOcean would refuse, or ignore, of the scheduler's droplet, with the cluster's options, or of a group's. */
function assertMachines(kind: MachineKind<ResolvedDropletOptions>): void {
  const place = (option: string): string => optionInWords(kind, option);
  if (kind.options.spot !== false) {
    throw invalid(`DigitalOcean has no spot machines: leave the \`${place("spot")}\` option out.`);
  }
  assertUserTags(kind.options, place);
  assertExtra(place("extraDropletOptions"), kind.options.extraDropletOptions);
}

export function sizeOf(role: MachineRole, options: ResolvedDropletOptions): string {
  return role === "scheduler" ? options.schedulerInstanceType : options.workerInstanceType;
}

/** Where DigitalOcean's own tools look: its Terraform provider and its SDKs, and doctl. An empty one is none. */
function tokenOfTools(): { readonly token: string; readonly tokenFrom: string } | undefined {
  const found = ["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"].map((name) => {
    return { token: process.env[name]?.trim() ?? "", tokenFrom: `the variable ${name}` };
  });
  return found.find(({ token }) => token !== "");
}

function assertExtra(option: string, extra: Readonly<Record<string, unknown>>): void {
  assertOverride({ ...DROPLET_OVERRIDE, option }, extra);
  const unknown = Object.keys(extra).find((name) => !OTHER_FIELDS.includes(name));
  if (unknown === undefined) return;
  throw invalid(
    `A create call of droplets takes no ${unknown} (the \`${option}\` option). ${didYouMean(unknown, OTHER_FIELDS)}`,
  );
}
