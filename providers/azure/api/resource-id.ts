/** What an id such as `/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n` names. */
export interface ResourceId {
  readonly subscription: string;
  readonly resourceGroup: string;
  /** Such as `Microsoft.Network/virtualNetworks/subnets`, in lower case. */
  readonly type: string;
  /** From the outermost to the innermost. */
  readonly names: readonly string[];
}

const ID = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/([^/]+)((?:\/[^/]+\/[^/]+)+)$/i;

/** Undefined where the text is no id. Azure ignores the case of ids. */
export function parseId(text: string | undefined): ResourceId | undefined {
  const [, subscription = "", resourceGroup = "", namespace = "", path = ""] = ID.exec(text ?? "") ?? [];
  if (namespace === "") return undefined;
  const steps = path.split("/").slice(1);
  const types = steps.filter((_, nth) => nth % 2 === 0);
  const names = steps.filter((_, nth) => nth % 2 === 1);
  return { subscription, resourceGroup, type: [namespace, ...types].join("/").toLowerCase(), names };
}

/** The name of the innermost thing that an id names. */
export function nameIn(id: string | undefined): string {
  return parseId(id)?.names.at(-1) ?? "";
}

/** The id of the network that a subnet's id begins with. */
export function networkOf(subnet: string | undefined): string | undefined {
  return parseId(subnet) === undefined ? undefined : subnet?.replace(/\/subnets\/.*$/i, "");
}

/** Of names and of ids. */
export function sameName(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}
