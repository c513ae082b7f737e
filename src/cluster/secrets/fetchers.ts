import type { CompleteProvider } from "../../provider/complete-provider.ts";
import type { MachineRole } from "../../provider/role.ts";
import { sourceOf, splitValues } from "../../provider/secrets/split-values.ts";
import { type GroupedOptions, type WorkerGroup, groupsNamed, optionsFor } from "../../provider/worker-group.ts";
import { fileOf } from "../../security/references/file-references.ts";
import { referenceText } from "../../security/references/reference-text.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import type { FileOption } from "../../security/security-options.ts";
import { Security } from "../../security/security.ts";
import type { Role } from "../../security/tls-material.ts";

/** A secret, and what it is for. */
export interface FetchedSecret {
  readonly reference: SecretReference;
  /** `ca`, `cert`, `key`, variables' names and registries. */
  readonly uses: readonly string[];
}

/** Who fetches secrets: equal machines, or the launcher. */
export interface Fetcher {
  readonly who: MachineRole | "launcher";
  /** The worker group; undefined for the others. */
  readonly group: WorkerGroup | undefined;
  /** By the reference's text. */
  readonly secrets: ReadonlyMap<string, FetchedSecret>;
}

/** What a fetcher asks the provider. */
export type Identities = Pick<CompleteProvider, "capabilities" | "storeIdentity">;

/** Who fetches which secrets, as options say: the scheduler's machine, each group's, and the launcher. Without those that fetch none. */
export function fetchersOf(options: GroupedOptions): readonly Fetcher[] {
  const fetcher = (who: Fetcher["who"], roles: readonly Role[], group?: WorkerGroup): Fetcher => ({
    who,
    group,
    secrets: collected([
      ...filesOf(options, roles),
      ...(who === "launcher" ? [] : valuesOf(optionsFor(options, group))),
    ]),
  });
  const fetchers = [
    fetcher("scheduler", options.singleNode ? ["scheduler", "worker"] : ["scheduler"]),
    ...groupsNamed(options).map((group) => fetcher("worker", ["worker"], group)),
    fetcher("launcher", ["client"]),
  ];
  return fetchers.filter(({ secrets }) => secrets.size > 0);
}

type Used = readonly [reference: SecretReference, use: string];

function filesOf({ security }: GroupedOptions, roles: readonly Role[]): readonly Used[] {
  if (!(security instanceof Security)) return [];
  return roles.flatMap((role) =>
    Array.from(security.referencesOf(role), ([option, reference]): Used => [reference, fileOf(option as FileOption)]),
  );
}

function valuesOf({ envVars, registries }: GroupedOptions): readonly Used[] {
  const variables = Object.entries(splitValues(envVars).references).map(([name, reference]): Used => [reference, name]);
  const logins = Object.entries(registries).flatMap(([registry, { password }]): Used[] => {
    const source = sourceOf(password);
    return typeof source === "string" ? [] : [[source, registry]];
  });
  return [...variables, ...logins];
}

function collected(used: readonly Used[]): ReadonlyMap<string, FetchedSecret> {
  const secrets = new Map<string, FetchedSecret>();
  for (const [reference, use] of used) {
    const text = referenceText(reference);
    const uses = secrets.get(text)?.uses ?? [];
    secrets.set(text, { reference, uses: [...new Set([...uses, use])] });
  }
  return secrets;
}
