import { createSecureContext, type SecureContext } from "node:tls";

import type { ClientTls } from "../../security/tls-material.ts";

const contexts = new WeakMap<ClientTls, SecureContext>();

/**
 * The certificates as OpenSSL keeps them, read once for all connections: a start dials its scheduler hundreds of times before that
 * listens.
 */
export function secureContextOf(tls: ClientTls): SecureContext {
  const { material, minVersion, maxVersion, ciphers } = tls;
  const context =
    contexts.get(tls) ??
    createSecureContext({
      ca: material.ca,
      cert: material.cert,
      key: material.key,
      minVersion,
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(ciphers === undefined ? {} : { ciphers }),
    });
  contexts.set(tls, context);
  return context;
}
