import type { SecretReference } from "./references/secret-reference.ts";
import type { TlsMaterial } from "./tls-material.ts";

/**
 * The machine makes its key, and the launcher signs a certificate for it. Its user data holds no key, but a token that proves which
 * request for machines it came from.
 */
export interface JoinTls {
  readonly delivery: "join";
  /** The cluster's CA, as PEM. */
  readonly ca: string;
  /** The id in the names of the cluster's certificates, hexadecimal. */
  readonly id: string;
  /** 256 bits, hexadecimal. A secret until the certificate is there. */
  readonly token: string;
  /** Whose signed document about the machine is asked for, too. Undefined: nobody's. */
  readonly identity?: IdentitySource | undefined;
}

/** The clouds that sign a document about a machine. */
export type IdentitySource = "ec2" | "gcp" | "azure";

/** The machine fetches what is a reference through its own identity. */
export interface FetchTls {
  readonly delivery: "fetch";
  /** PEM texts, or where they are. */
  readonly files: Readonly<Record<TlsFile, string | SecretReference>>;
  /** Where on the machine a file is wanted besides, absolute. Default: nowhere. */
  readonly locations?: Readonly<Partial<Record<TlsFile, string>>> | undefined;
}

/** The files of TLS: the CA's certificates, a certificate with its intermediates, its private key. */
export type TlsFile = "ca" | "cert" | "key";

/** How a machine comes by its certificate: files in its user data, or one of the ways without a key there. */
export type NodeTls = TlsMaterial | JoinTls | FetchTls;

/** Whether the machine makes its key, and asks for its certificate. */
export function isJoin(tls: NodeTls | undefined): tls is JoinTls {
  return tls !== undefined && "delivery" in tls && tls.delivery === "join";
}

/** Whether the key is in the user data. */
export function isMaterial(tls: NodeTls): tls is TlsMaterial {
  return !("delivery" in tls);
}

/** Whether the machine fetches it from stores of secrets. */
export function isFetched(tls: NodeTls | undefined): tls is FetchTls {
  return tls !== undefined && "delivery" in tls && tls.delivery === "fetch";
}
