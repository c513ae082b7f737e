import type { GroupedOptions } from "../../provider/worker-group.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { fetchersOf } from "./fetchers.ts";

/** Every reference of a cluster's options, by its text. */
export function referencesOf(options: GroupedOptions): ReadonlyMap<string, SecretReference> {
  return new Map(
    fetchersOf(options).flatMap(({ secrets }) =>
      Array.from(secrets, ([text, { reference }]) => [text, reference] as const),
    ),
  );
}
