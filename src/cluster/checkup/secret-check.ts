import { messageOf, meaningOf } from "../../errors.ts";
import type { Check, Observation } from "../../provider/checkup.ts";
import type { GroupedOptions } from "../../provider/worker-group.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import type { Identities } from "../secrets/fetchers.ts";
import { referencesOf } from "../secrets/references-of.ts";
import { strangersIn } from "../secrets/refuse-strangers.ts";

/**
 * Whether the secrets that options refer to are there and enabled, asked without their values, and whether the machines are anybody to
 * their stores. Nothing without references.
 *
 * @param provider who knows the machines' identities. Default: nobody does
 */
export function secretChecks(options: GroupedOptions | undefined, provider?: Identities): readonly Check[] {
  const references = options === undefined ? new Map<string, SecretReference>() : referencesOf(options);
  if (references.size === 0) return [];
  const strangers = options === undefined || provider === undefined ? [] : strangersIn(options, provider);
  const run = async (signal: AbortSignal): Promise<Observation> =>
    withStrangers(summary(await lookAtAll(references, signal)), strangers);
  return [{ topic: "secrets", title: "secrets", run }];
}

/** Machines that are nobody to a store fetch nothing, whatever is there. */
function withStrangers(seen: Observation, strangers: readonly string[]): Observation {
  if (strangers.length === 0) return seen;
  const remedy = [...strangers, ...(seen.remedy === undefined ? [] : [seen.remedy])].join("\n");
  return { state: "bad", found: "the machines cannot fetch them", remedy };
}

interface Seen extends Observation {
  readonly text: string;
}

async function lookAtAll(
  references: ReadonlyMap<string, SecretReference>,
  signal: AbortSignal,
): Promise<readonly Seen[]> {
  const { lookAtSecret } = await import("../../stores/fetch-secret.ts");
  return await Promise.all(
    Array.from(references, async ([text, reference]): Promise<Seen> => {
      try {
        return { text, ...(await lookAtSecret(reference, signal)) };
      } catch (error) {
        signal.throwIfAborted();
        // That this computer may not look says nothing about the machines, which have an identity of their own.
        const isKnown = ["gone", "configuration"].includes(meaningOf(error));
        return { text, state: isKnown ? "bad" : "unknown", found: "not readable", remedy: messageOf(error) };
      }
    }),
  );
}

function summary(seen: readonly Seen[]): Observation {
  const bad = seen.filter(({ state }) => state === "bad");
  const unknown = seen.filter(({ state }) => state === "unknown");
  const good = `${seen.length - bad.length - unknown.length} of ${seen.length} there; machines fetch them by their own identity`;
  if (bad.length === 0 && unknown.length === 0) return { state: "good", found: good };
  const remedy = [...bad, ...unknown].map((each) => each.remedy ?? `${each.text}: ${each.found}`).join("\n");
  return { state: bad.length > 0 ? "bad" : "unknown", found: good, remedy };
}
