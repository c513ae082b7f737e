import { type KeyObject, generateKeyPairSync } from "node:crypto";

import { type DistinguishedName, issueCertificate } from "./issue-certificate.ts";
import type { Role } from "./tls-material.ts";

const HOUR_MS = 60 * 60 * 1000;

/** Validity starts this far in the past, because a machine's clock may be behind. */
export const BACKDATE_MS: number = HOUR_MS;

/**
 * A CA lasts longer than any renewal: a certificate cannot outlive its CA, and nothing replaces a CA while its cluster runs. Its
 * key decides what it is worth, and that ends with this process.
 */
const AUTHORITY_MS: number = 20 * 365 * 24 * HOUR_MS;

/** The DNS name in a role's certificate. It is never resolved: it names the speaker, whatever the address. */
export function roleName(role: Role, id: string): string {
  return `${role}.${id}.dask.internal`;
}

/** The CA of one cluster. Its private key exists only in this object: it is never returned, stored, sent or written. */
export class Authority {
  /** Random hex that makes this cluster's names unique. */
  readonly id: string;
  /** How long the certificates that it issues are valid. */
  readonly validForMs: number;
  /** Its own certificate, as PEM. */
  readonly certificate: string;
  readonly #name: DistinguishedName;
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;
  readonly #notAfter: Date;

  constructor(id: string, organization: string | undefined, validForMs: number, now: Date) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.id = id;
    this.validForMs = validForMs;
    this.#name = { organization, commonName: `dask-fleet CA ${id}` };
    this.#publicKey = publicKey;
    this.#privateKey = privateKey;
    this.#notAfter = new Date(now.getTime() + Math.max(AUTHORITY_MS, validForMs));
    const certificate = issueCertificate({
      ...this.#issuer,
      subject: this.#name,
      publicKey,
      use: "authority",
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: this.#notAfter,
    });
    this.certificate = certificate.toString();
  }

  /** A certificate for a role's public key, as PEM. */
  issue(role: Role, publicKey: KeyObject, now: Date): string {
    const dnsName = roleName(role, this.id);
    return issueCertificate({
      ...this.#issuer,
      subject: { commonName: dnsName },
      publicKey,
      use: { dnsName, server: role !== "client" },
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(Math.min(now.getTime() + this.validForMs, this.#notAfter.getTime())),
    }).toString();
  }

  get #issuer(): {
    readonly issuer: DistinguishedName;
    readonly issuerPublicKey: KeyObject;
    readonly issuerPrivateKey: KeyObject;
  } {
    return { issuer: this.#name, issuerPublicKey: this.#publicKey, issuerPrivateKey: this.#privateKey };
  }
}
