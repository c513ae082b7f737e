import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

import type { Der } from "../certificates/der.ts";
import { publicKeyHash, spkiOf } from "../certificates/public-key.ts";
import { invalid } from "../invalid.ts";
import type { Role } from "../tls-material.ts";
import type { Authority, AuthorityRecord } from "./authority.ts";
import { roleName } from "./authority.ts";
import { issuePair, type Pair } from "./temporary-material.ts";
import type { AuthorityPlace, KeyDelivery } from "./temporary-security.ts";

/** What is known of temporary certificates from a start or a record. */
interface Known {
  /** Undefined in a process that has not the CA's key. */
  readonly authority: Authority | undefined;
  /** The id and certificate of a CA whose key is not here. */
  readonly issuer?: { readonly id: string; readonly certificate: string } | undefined;
  /** When certificates of the start are issued. */
  readonly now: Date;
  /** Undefined: as the provider says. */
  readonly delivery: KeyDelivery | undefined;
  /** Default: `memory`. */
  readonly place: AuthorityPlace | undefined;
  /** The certificate of a scheduler that has joined. */
  readonly scheduler?: string | undefined;
}

/** The part of a record that only temporary certificates have. */
export interface TemporaryRecord {
  readonly id: string;
  readonly delivery?: KeyDelivery | undefined;
  /** The certificate of a scheduler that has joined, as PEM. */
  readonly scheduler?: string | undefined;
  readonly authority?: AuthorityRecord | undefined;
}

/** The CA of a cluster's temporary certificates, and the scheduler that has joined. */
export class TemporaryKeys {
  readonly id: string;
  /** The CA's certificate, as PEM. */
  readonly certificate: string;
  #known: Known;
  #scheduler: X509Certificate | undefined;

  constructor(known: Known) {
    const { authority, issuer = authority, scheduler } = known;
    if (issuer === undefined) throw invalid("Temporary certificates have a CA.");
    this.#known = known;
    this.id = issuer.id;
    this.certificate = issuer.certificate;
    if (scheduler !== undefined) this.pin(scheduler);
  }

  get authority(): Authority | undefined {
    return this.#known.authority;
  }

  get delivery(): KeyDelivery | undefined {
    return this.#known.delivery;
  }

  get place(): AuthorityPlace {
    return this.#known.place ?? "memory";
  }

  /** The scheduler's certificate; undefined before it has joined. */
  get scheduler(): X509Certificate | undefined {
    return this.#scheduler;
  }

  get joinedScheduler(): X509Certificate {
    if (this.#scheduler === undefined) throw invalid("The scheduler has not joined yet: its key is not known.");
    return this.#scheduler;
  }

  /** Takes the CA's key from a record that has it, where it is that of the same CA. */
  takeAuthority({ authority, certificate }: TemporaryKeys): void {
    if (authority === undefined || certificate !== this.certificate) return;
    this.#known = { ...this.#known, authority, place: "record" };
  }

  /** For one more cluster, whose machines join. */
  toJoin(): TemporaryKeys {
    return new TemporaryKeys({ ...this.#known, delivery: "join" });
  }

  /** A certificate and key for a role of which neither is here. */
  issue(role: Role): Pair {
    const { authority, delivery, now } = this.#known;
    if (delivery === "join") throw invalid(`The ${role}'s key is on its machine alone, which made it.`);
    if (authority === undefined) throw invalid(`The record has no certificate of the ${role}.`);
    return issuePair(authority, role, now);
  }

  /**
   * A certificate for a machine's own key, of a role, named for the machine.
   *
   * @param publicKey P-256, as DER
   * @throws DaskFleetError `SECURITY_INVALID` where this process has not the CA's key
   */
  sign(role: Role, publicKey: Der, name: string, now: Date = new Date()): string {
    return this.#signing.issue(role, publicKey, now, name);
  }

  /** A new certificate for a role's key that is here. */
  renew(role: Role, key: KeyObject, now: Date): string {
    return this.#signing.issue(role, spkiOf(createPublicKey(key)), now);
  }

  renewedScheduler(now: Date): string {
    return this.#anew(this.joinedScheduler, "scheduler", now);
  }

  /**
   * New certificates for those that machines have in force and that end earlier: the same keys, the same names. What is not of this CA
   * and a worker's is left out.
   *
   * @param until when the new ones end
   * @returns by the SHA-256 of the public key, hexadecimal
   */
  renewedWorkers(inForce: readonly string[], until: Date): Readonly<Record<string, string>> {
    const now = new Date(until.getTime() - this.#signing.validForMs);
    const known = inForce.map(readable).filter((each) => each !== undefined);
    const ours = known.filter((each) => each.validToDate < until && this.#signing.hasIssued(each, "worker"));
    return Object.fromEntries(
      ours.map((each) => [
        createHash("sha256").update(spkiOf(each.publicKey)).digest("hex"),
        this.#anew(each, "worker", now),
      ]),
    );
  }

  /** The same key and the same subject. */
  #anew(certificate: X509Certificate, role: Role, now: Date): string {
    const name = /^CN=(.*)$/mu.exec(certificate.subject)?.[1];
    return this.#signing.issue(role, spkiOf(certificate.publicKey), now, name);
  }

  get #signing(): Authority {
    const { authority } = this.#known;
    if (authority === undefined) throw invalid("Only a process that has the CA's key can sign certificates.");
    return authority;
  }

  /**
   * Takes the certificate of the scheduler that has joined: from now on no other key passes for it.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where it is not of this CA, or of another role
   */
  pin(certificate: string): void {
    this.#scheduler = this.#ofScheduler(certificate);
  }

  /** @throws DaskFleetError `SECURITY_INVALID` where it is for another key */
  renewPin(certificate: string): void {
    const renewed = this.#ofScheduler(certificate);
    if (publicKeyHash(renewed) !== publicKeyHash(this.joinedScheduler)) {
      throw invalid("The renewed certificate of the scheduler is for another key.");
    }
    this.#scheduler = renewed;
  }

  #ofScheduler(certificate: string): X509Certificate {
    const read = readable(certificate);
    const issuer = new X509Certificate(this.certificate);
    if (
      read === undefined ||
      !read.verify(issuer.publicKey) ||
      read.checkHost(roleName("scheduler", this.id)) === undefined
    ) {
      throw invalid("The scheduler's certificate is not one of this cluster's CA.");
    }
    return read;
  }

  /** @param handingOver whether the CA's key is in it, wherever it is to be by the options */
  toRecord(handingOver: boolean): TemporaryRecord {
    const { authority, delivery } = this.#known;
    const withKey = authority !== undefined && (handingOver || this.place === "record");
    return {
      id: this.id,
      ...(delivery !== undefined && { delivery }),
      ...(this.#scheduler !== undefined && { scheduler: this.#scheduler.toString() }),
      ...(withKey && { authority: authority.toRecord() }),
    };
  }
}

function readable(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
