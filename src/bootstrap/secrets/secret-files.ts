import { isAbsolute } from "node:path/posix";

import { invalid } from "../../options/invalid.ts";
import { type FetchTls, isFetched, type NodeTls } from "../../security/node-tls.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import { checkEnvVar } from "../env/env-vars.ts";
import { ETC, LIB, type MachineFile, hiddenText } from "../machine-file.ts";
import type { NodeSpec } from "../node-spec.ts";
import { program } from "../program.ts";
import { withoutKeys } from "./without-keys.ts";

/** What templates/fetch_secrets.py reads. */
interface SecretList {
  readonly tls?: FetchTls["files"] | undefined;
  readonly locations?: FetchTls["locations"];
  readonly env?: Readonly<Record<string, SecretReference>> | undefined;
  readonly registries?: NonNullable<NodeSpec["secrets"]>["registries"];
  readonly vaultCa?: string | undefined;
}

type Store = SecretReference["store"];

const PARTS: Readonly<Record<Exclude<Store, "vault">, readonly string[]>> = {
  "aws-sm": ["aws_signed", "aws"],
  "aws-ssm": ["aws_signed", "aws"],
  "gcp-sm": ["gcp"],
  "azure-kv": ["openssl", "azure"],
  "oci-cert": ["openssl", "oci"],
  "oci-cert-authority": ["openssl", "oci"],
  "oci-vault": ["openssl", "oci"],
};

const LOGINS = { aws: ["aws_signed"], gcp: ["gcp"], azure: ["openssl", "azure"] } as const;

/** Whether the machine fetches anything from a store before its node starts. */
export function fetchesSecrets(spec: NodeSpec): boolean {
  return lists(spec).length > 0;
}

/** The names of the variables that the machine fetches. */
export function secretNames({ secrets: { envVars = {} } = {} }: NodeSpec): readonly string[] {
  return Object.keys(envVars);
}

/** Where TLS files are wanted besides, as the start script reads it: `cert.pem=/absolute/path`. */
export function secretLocations({ security }: NodeSpec): readonly string[] | undefined {
  const locations = Object.entries((isFetched(security) ? security.locations : undefined) ?? {});
  if (locations.length === 0) return undefined;
  return locations.map(([name, path]) => {
    if (!isAbsolute(path) || /[:\0\n]/u.test(path)) {
      throw invalid(`locations.${name} must be an absolute path on the machine, without ":".`);
    }
    return `${name}.pem=${path}`;
  });
}

/** The program that fetches, of the parts that this node needs and no others: user data has a limit. */
export function secretProgram(spec: NodeSpec): readonly MachineFile[] {
  if (!fetchesSecrets(spec)) return [];
  const all = lists(spec).map(([, list]) => list);
  const references = all.flatMap(referencesOf);
  const uses = (["tls", "locations", "env", "registries"] as const).filter((use) =>
    all.some((list) => list[use] !== undefined),
  );
  const field = references.some((reference) => "field" in reference && reference.field !== undefined) ? ["field"] : [];
  const parts = [...new Set(["http", ...uses, ...field, ...references.flatMap(partsFor), "secrets"])];
  // In one file: each further one costs some 60 compressed bytes. They import each other where they are read and tested.
  const text = parts.map((part) => program(`fetch_${part}.py`).replaceAll(/^from fetch_.*\n/gmu, "")).join("");
  return [{ path: `${LIB}/fetch.py`, mode: "0644", content: text }];
}

/** What is to be fetched, for each unit of the machine. References are no secrets; a password that is given as it is, is one. */
export function secretLists(spec: NodeSpec): readonly MachineFile[] {
  check(spec);
  return lists(spec).map(([name, list]) => ({
    path: `${ETC}/${name}`,
    mode: "0600",
    content: `${JSON.stringify(told(list))}\n`,
    preview: `${JSON.stringify(shown(list), undefined, 2)}\n`,
  }));
}

function lists(spec: NodeSpec): [name: string, list: SecretList][] {
  const own: [string, SecretList] = ["secrets.json", listOf(spec, spec.security)];
  const besides: [string, SecretList][] =
    spec.beside === undefined ? [] : [["secrets-worker.json", listOf(spec, spec.beside.security)]];
  return [own, ...besides].filter(([, { tls, env, registries }]) => tls ?? env ?? registries);
}

function listOf({ secrets: { envVars, registries, vaultCa } = {} }: NodeSpec, tls: NodeTls | undefined): SecretList {
  const { files, locations } = isFetched(tls) ? tls : {};
  return { tls: files, locations, env: unlessEmpty(envVars), registries: unlessEmpty(registries), vaultCa };
}

function unlessEmpty<T extends object>(record: T | undefined): T | undefined {
  return record === undefined || Object.keys(record).length === 0 ? undefined : record;
}

function referencesOf({ tls, env, registries }: SecretList): SecretReference[] {
  const passwords = Object.values(registries ?? {}).map(({ password }) => password);
  const sources = [...Object.values(tls ?? {}), ...Object.values(env ?? {}), ...passwords];
  return sources.filter((source) => typeof source !== "string");
}

/** What a store's part builds upon comes first. Vault is asked by who has logged in through a cloud. */
function partsFor(reference: SecretReference): readonly string[] {
  if (reference.store !== "vault") return PARTS[reference.store];
  return [...LOGINS[reference.auth], "vault", `vault_${reference.auth}`];
}

function check(spec: NodeSpec): void {
  const { secrets: { registries } = {}, runtime = "docker" } = spec;
  for (const name of secretNames(spec)) checkEnvVar(name, "", runtime);
  if (unlessEmpty(registries) === undefined) return;
  if (runtime !== "docker") throw invalid("registries are for images: there are none with the runtime native.");
  for (const [registry, { username }] of Object.entries(registries ?? {})) {
    if (!/^[A-Za-z0-9][A-Za-z0-9.:/_-]*$/u.test(registry)) {
      throw invalid(`registries: ${JSON.stringify(registry)} is no registry, such as ghcr.io.`);
    }
    if (username.includes(":")) throw invalid(`registries: the username for ${registry} cannot have a ":".`);
  }
}

/** A reference as fetch_secrets.py reads it: every store calls what it is asked for its `id`. */
function told({ tls, env, registries, ...rest }: SecretList): object {
  const source = (given: string | SecretReference): string | object => {
    if (typeof given === "string") return given;
    const id = "id" in given ? given.id : "ocid" in given ? given.ocid : "url" in given ? given.url : given.name;
    return { ...given, name: undefined, ocid: undefined, url: undefined, id };
  };
  return {
    tls: tls && mapValues(tls, source),
    env: env && mapValues(env, source),
    registries: registries && mapValues(registries, (login) => ({ ...login, password: source(login.password) })),
    ...rest,
  };
}

function shown({ tls, registries, ...rest }: SecretList): object {
  return {
    tls: tls && mapValues(tls, (source) => (typeof source === "string" ? withoutKeys(source) : source)),
    ...rest,
    registries:
      registries &&
      mapValues(registries, ({ username, password }) => ({
        username,
        password: typeof password === "string" ? hiddenText(password) : password,
      })),
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
