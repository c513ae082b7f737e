import { messageOf, meaningOf } from "../../errors.ts";
import type { Check, Observation } from "../../provider/checkup.ts";
import type { GroupedOptions } from "../../provider/worker-group.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { referencesOf } from "../secrets/references-of.ts";

/** Whether the secrets that options refer to are there and enabled, asked without their values. Nothing without references. */
export function secretChecks(options: GroupedOptions | undefined): readonly Check[] {
  const references = options === undefined ? new Map<string, SecretReference>() : referencesOf(options);
  if (references.size === 0) return [];
  return [{ topic: "secrets", title: "secrets", run: async (signal) => summary(await lookAtAll(references, signal)) }];
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
