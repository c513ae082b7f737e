import type * as Tls from "node:tls";

/** Node's TLS, loaded when it is first used: an `import` costs every program 15 ms, with or without a connection. */
export function nodeTls(): typeof Tls {
  return process.getBuiltinModule("node:tls");
}
