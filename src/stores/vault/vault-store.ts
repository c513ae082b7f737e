import { join } from "node:path";

import { readBoundedFile } from "../../files/bounded-file.ts";
import { homeDirectory } from "../../files/home.ts";
import type { Observation } from "../../provider/checkup.ts";
import type { VaultSecret } from "../../security/references/secret-reference.ts";
import { ask } from "../http/ask.ts";
import { membersOf, textIn, within } from "../http/json.ts";
import { noCredentials, notUnderstood, refusal, refusedBy } from "../refusals.ts";
import type { SecretStore } from "../secret-store.ts";

const LARGEST_TOKEN = 16 * 1024;
const LARGEST_CA = 1024 * 1024;

/** HashiCorp's Vault, with the token of this computer's user: `VAULT_TOKEN`, or the one that `vault login` has kept. */
export const vaultSecrets: SecretStore<VaultSecret> = {
  async read(reference, _use, signal) {
    const { data } = { data: within(await get(reference, reference.url, signal), "data") };
    // The engine kv of version 2 has the secret below its metadata.
    const isVersioned = "metadata" in data && "data" in data;
    const members = isVersioned ? within(data, "data") : data;
    if (Object.keys(members).length === 0) throw notUnderstood(reference);
    return JSON.stringify(members);
  },
  async look(reference, signal): Promise<Observation> {
    const metadata = metadataUrl(reference.url);
    if (metadata === undefined) return { state: "unknown", found: "not asked: only its value could tell" };
    const data = within(await get(reference, metadata, signal), "data");
    const current = within(within(data, "versions"), String(data["current_version"]));
    const isGone = current["destroyed"] === true || (textIn(current, "deletion_time") ?? "") !== "";
    return isGone ? { state: "bad", found: "its current version is deleted" } : { state: "good", found: "there" };
  },
};

/** Where the engine kv of version 2 tells of a secret without its value. */
function metadataUrl(url: string): string | undefined {
  const match = /^(https?:\/\/[^/]+\/v1\/.+?)\/data\/(.+)$/.exec(url);
  return match === null ? undefined : `${match[1]}/metadata/${match[2]}`;
}

async function get(
  reference: VaultSecret,
  url: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const { namespace } = reference;
  const headers = {
    "x-vault-request": "true",
    "x-vault-token": tokenOf(reference),
    ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
  };
  const { status, text } = await ask({ url, headers, ca: ownCa(reference) }, signal);
  const members = membersOf(text);
  if (status === 200) return members;
  const { errors } = members;
  throw refusal(reference, refusedBy(status), Array.isArray(errors) ? errors.map(String).join("; ") : "");
}

function tokenOf(reference: VaultSecret): string {
  assertOwnServer(reference);
  const home = homeDirectory();
  const given = process.env["VAULT_TOKEN"]?.trim() ?? "";
  const token = given === "" && home !== undefined ? kept(join(home, ".vault-token")) : given;
  if (/^[\w.-]+$/.test(token)) return token;
  throw noCredentials(reference, "sign in with `vault login`, or set VAULT_TOKEN");
}

/** A reference may be in a file that somebody else has written; the token is for the server of `VAULT_ADDR` where that is set. */
function assertOwnServer(reference: VaultSecret): void {
  const own = process.env["VAULT_ADDR"] ?? "";
  if (!URL.canParse(own) || new URL(own).origin === new URL(reference.url).origin) return;
  throw noCredentials(reference, "your token is for the server of VAULT_ADDR, which is another; set it to this one");
}

function kept(path: string): string {
  try {
    return readBoundedFile(path, LARGEST_TOKEN).toString().trim();
  } catch {
    return "";
  }
}

/** `VAULT_CACERT`, as for Vault's own command line. */
function ownCa(reference: VaultSecret): string | undefined {
  const path = process.env["VAULT_CACERT"] ?? "";
  if (path === "") return undefined;
  try {
    return readBoundedFile(path, LARGEST_CA).toString();
  } catch (cause) {
    throw noCredentials(reference, "the file that VAULT_CACERT names cannot be read", cause);
  }
}
