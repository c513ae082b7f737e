import { DaskFleetError } from "../../errors.ts";
import { DEFAULT_GROUP, type GroupedOptions } from "../../provider/worker-group.ts";
import { identityCloudOf } from "../../security/references/identity-cloud.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { type Fetcher, fetchersOf, type Identities } from "./fetchers.ts";

/**
 * Refuses options whose machines are certain to be nobody to a store that they are to fetch from. What a permission allows is not known
 * here.
 *
 * @throws DaskFleetError `CONFIG_INVALID` that names the option to set
 */
export function refuseStrangers(options: GroupedOptions, provider: Identities): void {
  const problems = strangersIn(options, provider);
  if (problems.length > 0) throw new DaskFleetError("CONFIG_INVALID", [...problems]);
}

/** What {@link refuseStrangers} refuses, a sentence each. */
export function strangersIn(options: GroupedOptions, provider: Identities): readonly string[] {
  const refused = fetchersOf(options).flatMap((fetcher) =>
    Array.from(fetcher.secrets, ([text, { reference }]) => {
      const lacks = fetcher.who === "launcher" ? undefined : lackOf(reference, fetcher, provider);
      return lacks === undefined ? [] : [{ who: nameOf(fetcher), text, lacks }];
    }).flat(),
  );
  return [...Map.groupBy(refused, ({ lacks }) => lacks)].map(([lacks, all]) => {
    const [{ text } = { text: "" }] = all;
    const others = new Set(all.map((each) => each.text)).size - 1;
    const who = [...new Set(all.map((each) => each.who))].join(" and ");
    return `${who.replace("the", "The")} cannot fetch ${text}${others === 0 ? "" : ` and ${others} more`}: ${lacks}.`;
  });
}

function lackOf(
  reference: SecretReference,
  { group }: Fetcher,
  { capabilities: { knownTo }, storeIdentity }: Identities,
): string | undefined {
  if (knownTo === undefined) return undefined;
  const cloud = identityCloudOf(reference);
  if (knownTo === "nobody") return "no store can know the machines of this cloud, which have no identity";
  if (knownTo !== cloud) {
    const wanted = reference.store === "vault" ? `a login by ${cloud}` : `${reference.store}:`;
    return `their machines are known to stores by ${knownTo} alone, and ${wanted} needs an identity of ${cloud}`;
  }
  const identity = storeIdentity({ isOfCloud: reference.store !== "vault", group });
  return "lacks" in identity ? identity.lacks : undefined;
}

function nameOf({ who, group }: Fetcher): string {
  if (group === undefined) return `the ${who}`;
  return group.name === DEFAULT_GROUP ? "the workers" : `the workers of ${group.name}`;
}
