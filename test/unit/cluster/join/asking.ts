import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";

import type { JoinRequest } from "../../../../src/cluster/join/request.ts";
import type { Machine } from "../../../../src/provider/machine.ts";
import { worker } from "../machines.ts";

/** A key that a machine has made. */
export class MachineKey {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly spki: Buffer;

  constructor(namedCurve = "P-256") {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
    [this.publicKey, this.privateKey] = [publicKey, privateKey];
    this.spki = publicKey.export({ type: "spki", format: "der" });
  }
}

/** The MAC of the contract, byte by byte. */
export function proof(token: Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const prefixed = parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    return [Buffer.of(0, 0, bytes.length >> 8, bytes.length & 0xff), bytes];
  });
  return createHmac("sha256", token).update(Buffer.concat(prefixed)).digest();
}

export const TOKEN: Buffer = randomBytes(32);
export const MACHINE: Machine = worker("i-1", { privateAddress: "10.0.0.7" });

/** What the worker on {@link MACHINE} asks for. */
export function asked(more: Partial<JoinRequest> = {}, { key = new MachineKey(), token = TOKEN } = {}): JoinRequest {
  const [role, name, spki] = [more.role ?? "worker", more.name ?? "i-1", more.spki ?? key.spki];
  const mac = proof(token, "join1", role, name, spki);
  return { role, name, spki, mac, from: "10.0.0.7", identity: undefined, ...more };
}

/** What a scheduler's boot listener offers for a nonce. */
export function offered(name: string, key: MachineKey, nonce: Buffer, token: Buffer): Buffer {
  const hash = createHash("sha256").update(key.spki).digest();
  return proof(token, "boot1", "scheduler", name, hash, nonce);
}
