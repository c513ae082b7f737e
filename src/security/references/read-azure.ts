import type { SecretReference } from "./secret-reference.ts";
import type { Tail } from "./tail.ts";

const VAULT = /^[A-Za-z](?:-?[A-Za-z0-9]){2,23}$/;
const NAME = /^[A-Za-z0-9-]{1,127}$/;
const VERSION = /^[A-Za-z0-9]{1,64}$/;
/** A token for Key Vault is sent to the vault: to none but Azure's own. */
const HOST = /^[a-z](?:-?[a-z0-9]){2,23}\.vault\.(?:azure\.net|usgovcloudapi\.net|azure\.cn)$/;

export function readAzure(body: string, { field }: Tail): SecretReference | string {
  const parts = /^https:\/\//i.test(body) ? ofUrl(body) : ofNames(body);
  if (typeof parts === "string") return parts;
  const { vault, name = "", version } = parts;
  if (!NAME.test(name)) return "has no name of a secret (letters, digits and -)";
  if (version !== undefined && !VERSION.test(version)) return "has no version of a secret";
  return {
    store: "azure-kv",
    vault,
    name,
    ...(version === undefined ? {} : { version }),
    ...(field === undefined ? {} : { field }),
  };
}

interface Parts {
  readonly vault: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
}

function ofNames(body: string): Parts | string {
  const [vault = "", name, version, ...more] = body.split("/");
  if (!VAULT.test(vault)) return "has no name of a vault (3 to 24 letters, digits and -, a letter first)";
  if (more.length > 0) return "has more parts than vault, name and version";
  return { vault: `https://${vault.toLowerCase()}.vault.azure.net`, name, version };
}

function ofUrl(body: string): Parts | string {
  const [host = "", kind, name, version, ...more] = body.slice("https://".length).replace(/\/$/, "").split("/");
  if (!HOST.test(host.toLowerCase())) return "has a URL that is no vault's of Azure";
  if (kind !== "secrets" || more.length > 0) return "has a URL that is no secret's";
  return { vault: `https://${host.toLowerCase()}`, name, version };
}
