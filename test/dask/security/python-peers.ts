import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Role, TlsMaterial } from "../../../src/security/tls-material.ts";
import { daskPython } from "../../support/python.ts";
import type { OpensslFiles } from "../../unit/security/openssl-files.ts";

export interface Peer extends TlsMaterial {
  readonly role: Role;
}

export interface Meeting {
  /** Python's own `ssl` with the strictest settings, or the contexts of `distributed.Security`. */
  readonly by: "strict" | "plain" | "dask";
  readonly server: Peer;
  readonly client: Peer;
}

/** What each side received from the other, or its error. */
export interface Outcome {
  readonly server: string;
  readonly client: string;
}

export const MET: Outcome = { server: "ping", client: "pong" };

const SCRIPT = fileURLToPath(new URL("peers.py", import.meta.url));

export function meet(meetings: readonly Meeting[]): readonly Outcome[] {
  const input = JSON.stringify(meetings);
  return JSON.parse(execFileSync(daskPython(), [SCRIPT], { input, encoding: "utf8", timeout: 100_000 }));
}

/** The same material as files, as stored on a machine. */
export function asFiles(files: OpensslFiles, { role, ca, cert, key }: Peer): Peer {
  const name = `${files.count()}-${role}`;
  return {
    role,
    ca: files.write(`${name}-ca.pem`, ca),
    cert: files.write(`${name}-cert.pem`, cert),
    key: files.write(`${name}-key.pem`, key),
  };
}

/** All connections between Dask's processes. */
export const DIALS: readonly (readonly [server: Role, client: Role])[] = [
  ["scheduler", "worker"],
  ["scheduler", "client"],
  ["worker", "scheduler"],
  ["worker", "worker"],
  ["worker", "client"],
];
