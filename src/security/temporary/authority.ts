import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";

import type { Der } from "../certificates/der.ts";
import { type DistinguishedName, type Issuer, issuerOf, signCertificate } from "../certificates/issue-certificate.ts";
import { keyText } from "../certificates/private-key.ts";
import { spkiOf } from "../certificates/public-key.ts";
import { invalid } from "../invalid.ts";
import type { Role } from "../tls-material.ts";

const HOUR_MS = 60 * 60 * 1000;

/** Validity starts this far in the past, because a machine's clock may be behind. */
export const BACKDATE_MS: number = HOUR_MS;

/**
 * A CA lasts longer than any renewal: a certificate cannot outlive its CA, and nothing replaces a CA while its cluster runs. Its
 * key decides what it is worth, and that ends with this process, or with the cluster's record.
 */
const AUTHORITY_MS: number = 20 * 365 * 24 * HOUR_MS;

/** The DNS name in a role's certificate. It is never resolved: it names the speaker, whatever the address. */
export function roleName(role: Role, id: string): string {
  return `${role}.${id}.dask.internal`;
}

/** A CA with its key, as JSON for the cluster's own record (mode 0600). */
export interface AuthorityRecord {
  /** Its private key, as PEM. */
  readonly key: string;
  readonly organization?: string | undefined;
  readonly validForMs: number;
}

interface AuthorityParts {
  readonly id: string;
  readonly organization: string | undefined;
  readonly validForMs: number;
  readonly privateKey: KeyObject;
  readonly certificate: string;
}

/**
 * The CA of one cluster. Its private key is in this object alone, unless {@link toRecord} is called: for launchers that are to follow
 * this one.
 */
export class Authority {
  /** Random hex that makes this cluster's names unique. */
  readonly id: string;
  /** How long the certificates that it issues are valid. */
  readonly validForMs: number;
  /** Its own certificate, as PEM. */
  readonly certificate: string;
  readonly #organization: string | undefined;
  readonly #publicKey: KeyObject;
  readonly #issuer: Issuer;
  readonly #notAfter: Date;

  private constructor({ id, organization, validForMs, privateKey, certificate }: AuthorityParts) {
    this.id = id;
    this.validForMs = validForMs;
    this.certificate = certificate;
    this.#organization = organization;
    this.#publicKey = createPublicKey(privateKey);
    this.#issuer = issuerOf(nameOf(id, organization), spkiOf(this.#publicKey), privateKey);
    this.#notAfter = new X509Certificate(certificate).validToDate;
  }

  static create(id: string, organization: string | undefined, validForMs: number, now: Date): Authority {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const [subject, spki] = [nameOf(id, organization), spkiOf(publicKey)];
    const certificate = signCertificate({
      issuer: issuerOf(subject, spki, privateKey),
      subject,
      publicKey: spki,
      use: "authority",
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(now.getTime() + Math.max(AUTHORITY_MS, validForMs)),
    });
    return new Authority({ id, organization, validForMs, privateKey, certificate });
  }

  /** @throws DaskFleetError `SECURITY_INVALID` where the key is not that of the certificate */
  static fromRecord(
    { key, organization, validForMs }: AuthorityRecord,
    { id, certificate }: Pick<AuthorityParts, "id" | "certificate">,
  ): Authority {
    try {
      const privateKey = createPrivateKey(key);
      if (new X509Certificate(certificate).checkPrivateKey(privateKey)) {
        return new Authority({ id, organization, validForMs, privateKey, certificate });
      }
    } catch {
      // OpenSSL's own error is dropped: it has seen the key.
    }
    throw invalid("The cluster's record of its certificates is damaged: its CA's key does not fit.");
  }

  /** Its private key included: for a file of mode 0600. */
  toRecord(): AuthorityRecord {
    const { validForMs } = this;
    return { key: keyText(this.#issuer.privateKey), organization: this.#organization, validForMs };
  }

  /**
   * A certificate for a role's public key, as PEM.
   *
   * @param publicKey a P-256 key, as DER (SubjectPublicKeyInfo)
   * @param subject whose it is, for readers. Default: the role's name
   */
  issue(role: Role, publicKey: Der, now: Date, subject?: string): string {
    const dnsName = roleName(role, this.id);
    return signCertificate({
      issuer: this.#issuer,
      subject: { commonName: subject ?? dnsName },
      publicKey,
      use: { dnsName, server: role !== "client" },
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(Math.min(now.getTime() + this.validForMs, this.#notAfter.getTime())),
    });
  }

  /** Whether it has issued that certificate, to that role. */
  hasIssued(certificate: X509Certificate, role: Role): boolean {
    return certificate.checkHost(roleName(role, this.id)) !== undefined && certificate.verify(this.#publicKey);
  }
}

function nameOf(id: string, organization: string | undefined): DistinguishedName {
  return { organization, commonName: `dask-fleet CA ${id}` };
}
