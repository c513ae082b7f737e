import { createHash } from "node:crypto";
import type { SecureContext } from "node:tls";

import { nodeTls } from "../../node-tls.ts";
import type { ClientTls } from "../../security/tls-material.ts";

/** By the hash of all that they are made of: renewed certificates have a context of their own. */
const contexts = new Map<string, SecureContext>();
const MOST_CONTEXTS = 16;

/**
 * The certificates as OpenSSL keeps them, read once for all connections: a start dials its scheduler hundreds of times before that
 * listens.
 */
export function secureContextOf({ material, minVersion, maxVersion, ciphers }: ClientTls): SecureContext {
  const { ca, cert, key } = material;
  const hash = createHash("sha256").update(JSON.stringify([ca, cert, key, minVersion, maxVersion, ciphers]));
  const name = hash.digest("hex");
  const context =
    contexts.get(name) ??
    nodeTls().createSecureContext({
      ca,
      cert,
      key,
      minVersion,
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(ciphers === undefined ? {} : { ciphers }),
    });
  contexts.delete(name);
  contexts.set(name, context);
  const [oldest] = contexts.keys();
  if (contexts.size > MOST_CONTEXTS && oldest !== undefined) contexts.delete(oldest);
  return context;
}
