import type { GroupedOptions } from "../../provider/worker-group.ts";
import { type Fetcher, fetchersOf, type Identities } from "../secrets/fetchers.ts";
import type { PlannedSecrets } from "./cluster-plan.ts";

/** Who fetches which secrets by which identity. */
export function plannedSecrets(options: GroupedOptions, provider: Identities): readonly PlannedSecrets[] {
  return fetchersOf(options).map((fetcher) => ({
    who: fetcher.who,
    group: fetcher.group?.name,
    identity: identityOf(fetcher, provider),
    secrets: Array.from(fetcher.secrets, ([reference, { uses }]) => ({ reference, uses })),
  }));
}

function identityOf({ who, group, secrets }: Fetcher, { storeIdentity }: Identities): string {
  if (who === "launcher") return "this computer's own credentials";
  const isOfCloud = [...secrets.values()].some(({ reference }) => reference.store !== "vault");
  const identity = storeIdentity({ isOfCloud, group });
  return "who" in identity ? identity.who : "nobody";
}
