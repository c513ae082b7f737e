import type { NodeSecrets, RegistryLogin } from "../../bootstrap/secrets/node-secrets.ts";
import type { ResolvedClusterOptions } from "../../provider/cluster-options.ts";
import { sourceOf, splitValues } from "../../provider/secrets/split-values.ts";

/** A node's variables, divided by where their values are, and its registry logins. */
export function nodeSecretsOf({ envVars, registries }: Pick<ResolvedClusterOptions, "envVars" | "registries">): {
  readonly envVars: Readonly<Record<string, string>>;
  readonly secrets: NodeSecrets | undefined;
} {
  const { plain, references } = splitValues(envVars);
  const logins = Object.entries(registries).map(([registry, { username, password }]): [string, RegistryLogin] => [
    registry,
    { username, password: sourceOf(password) },
  ]);
  const secrets: NodeSecrets = {
    ...(Object.keys(references).length === 0 ? {} : { envVars: references }),
    ...(logins.length === 0 ? {} : { registries: Object.fromEntries(logins) }),
  };
  return { envVars: plain, secrets: Object.keys(secrets).length === 0 ? undefined : secrets };
}
