import type { ResolvedClusterOptions } from "../../provider/cluster-options.ts";
import { sourceOf, splitValues } from "../../provider/secrets/split-values.ts";
import { type GroupedOptions, optionsFor } from "../../provider/worker-group.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { Security } from "../../security/security.ts";

/** Every reference of a cluster's options, by its text. */
export function referencesOf(options: GroupedOptions): ReadonlyMap<string, SecretReference> {
  const { security, groups = [] } = options;
  const files =
    security instanceof Security
      ? (["scheduler", "worker", "client"] as const).flatMap((role) => [...security.referencesOf(role).values()])
      : [];
  const told = [options, ...groups.map((group) => optionsFor(options, group))].flatMap(valuesOf);
  return new Map([...files, ...told].map((reference) => [referenceText(reference), reference]));
}

function valuesOf({ envVars, registries }: ResolvedClusterOptions): readonly SecretReference[] {
  const passwords = Object.values(registries).map(({ password }) => sourceOf(password));
  return [
    ...Object.values(splitValues(envVars).references),
    ...passwords.filter((source) => typeof source !== "string"),
  ];
}
