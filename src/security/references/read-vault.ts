import type { SecretReference, VaultSecret } from "./secret-reference.ts";
import type { Tail } from "./tail.ts";

const AUTH: readonly string[] = ["aws", "gcp", "azure"] satisfies readonly VaultSecret["auth"][];
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const PATH = /^\/v1(?:\/[\w.~=@+-]+)+$/;
const MOUNT = /^[\w-]+(?:\/[\w-]+)*$/;

export function readVault(body: string, { field, parameters }: Tail): SecretReference | string {
  const url = URL.canParse(body) ? new URL(body) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return "has no URL of a Vault";
  if (body.includes("@") && url.username + url.password !== "") return "has a login in its URL";
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) return "would send the secret unencrypted (http:)";
  if (!PATH.test(url.pathname) || /\/\.{1,2}(?:\/|$)/.test(body)) return "has a URL that is no secret's (/v1/PATH)";
  if (field === undefined) return "names no #FIELD: a secret of Vault's is a mapping";
  const { auth, role, mount, namespace } = Object.fromEntries(parameters);
  if (auth === undefined || !AUTH.includes(auth)) return "names no login of the machine (?auth=aws, gcp or azure)";
  if (role === undefined) return "names no role of the login (?role=)";
  if (mount !== undefined && !MOUNT.test(mount)) return "has no place of a login (?mount=)";
  if (namespace !== undefined && !MOUNT.test(namespace.replace(/\/$/, ""))) return "has no namespace (?namespace=)";
  return {
    store: "vault",
    url: `${url.origin}${url.pathname}`,
    field,
    auth: auth as VaultSecret["auth"],
    role,
    ...(mount === undefined ? {} : { mount }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
