import { createPublicKey, X509Certificate } from "node:crypto";
import { inspect, type InspectOptions } from "node:util";

import type { Authority } from "./authority.ts";
import { BACKDATE_MS, roleName } from "./authority.ts";
import { invalid } from "./invalid.ts";
import { type ParsedOptions, checkCiphers, daskSettingsOf, parseOptions } from "./parse-options.ts";
import { isPemText, shownValue } from "./pem-source.ts";
import { publicKeyHash } from "./public-key.ts";
import { RoleFiles } from "./role-files.ts";
import { ROLES } from "./role-options.ts";
import type { SecurityOptions } from "./security-options.ts";
import { readRecord, recordOf, type SecurityRecord } from "./security-record.ts";
import { issueTemporaryMaterial, type TemporaryOptions } from "./temporary-material.ts";
import type { Certificates, ClientTls, Role, TlsMaterial } from "./tls-material.ts";

const inspectCustom: typeof inspect.custom = inspect.custom;

/** The moment and the roles of a {@link Security.check}. */
export interface SecurityCheck {
  /** The moment at which they must be valid. Default: now, by the computer's clock. */
  readonly now?: Date | undefined;
  /** Until when the certificates must last, for example the end of the cluster's `maxLifetimeMs`. Default: no longer than `now`. */
  readonly validUntil?: Date | undefined;
  /** Whose certificates. Default: all three roles'. */
  readonly roles?: readonly Role[] | undefined;
}

/**
 * The TLS certificates and settings of one cluster: Python's `distributed.Security` with its fields in camelCase.
 *
 * ```ts
 * new Security({ tlsCaFile: "ca.pem", tlsClientCert: "cert.pem", tlsClientKey: "key.pem" });
 * ```
 *
 * Every peer shows a certificate and asks for the other's, TLS 1.2 or newer; neither can be turned off. Keys are private: they
 * appear in no inspection, JSON or error. Files are read once, when first needed; the constructor touches none.
 */
export class Security {
  #options: ParsedOptions;
  #files: RoleFiles;
  readonly #lastingMs = new Map<Role, number>();
  #temporaryId: string | undefined;
  #authority: Authority | undefined;
  #isRenewed = false;

  /**
   * @throws DaskFleetError `SECURITY_INVALID`: an unknown option, a value of the wrong kind, no CA, or a role without a
   * certificate. {@link check} looks at the files.
   */
  constructor(options: SecurityOptions) {
    this.#options = parseOptions(options);
    this.#files = new RoleFiles(this.#options.files);
  }

  /**
   * A new CA and a certificate (ECDSA P-256) for each role, made in memory. They start an hour in the past, so that a machine
   * whose clock is behind accepts them, and last 365 days unless `validForMs` says otherwise. The CA's key stays in this object's
   * memory alone, so that a cluster can renew its certificates for as long as this process runs.
   *
   * Unlike Python's `Security.temporary`, where one self-signed certificate and one key serve every role, a machine's key does not
   * pass for the client's, and the client's certificate does not pass for a server's.
   *
   * @throws DaskFleetError `SECURITY_INVALID` for a `validForMs` below a minute or above 3,650 days.
   */
  static temporary(options?: TemporaryOptions): Security {
    const { authority, roles } = issueTemporaryMaterial(options);
    const security = new Security({
      tlsCaFile: authority.certificate,
      tlsClientCert: roles.client.cert,
      tlsClientKey: roles.client.key,
      tlsSchedulerCert: roles.scheduler.cert,
      tlsSchedulerKey: roles.scheduler.key,
      tlsWorkerCert: roles.worker.cert,
      tlsWorkerKey: roles.worker.key,
    });
    security.#temporaryId = authority.id;
    security.#authority = authority;
    return security;
  }

  /**
   * Restores what {@link toRecord} gave. No record has the CA's key: such certificates are never renewed by this process.
   *
   * @internal
   */
  static fromRecord(record: unknown): Security {
    const { options, id } = readRecord(record);
    const security = new Security(options);
    security.#temporaryId = id;
    return security;
  }

  /** Whether the certificates were made by {@link Security.temporary}. */
  get isTemporary(): boolean {
    return this.#temporaryId !== undefined;
  }

  /** Whether Dask refuses every unencrypted connection. */
  get requireEncryption(): boolean {
    return this.#options.requireEncryption;
  }

  /** The `extraConnArgs` option; empty where it was not given. */
  get extraConnArgs(): Readonly<Record<string, unknown>> {
    return this.#options.extraConnArgs;
  }

  /**
   * The earliest moment at which a certificate of any role, or one above it, expires. Reads the files.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where a file cannot be read or a certificate does not lead to the CA.
   */
  get notAfter(): Date {
    return new Date(Math.min(...ROLES.map((role) => this.#lasting(role))));
  }

  /** A peer takes any valid chain, so a role lasts as long as its longest-lasting chain. */
  #lasting(role: Role): number {
    let lastingMs = this.#lastingMs.get(role);
    if (lastingMs === undefined) {
      const ends = this.#files.chains(role).map((chain) => chain.map(({ validToDate }) => validToDate.getTime()));
      lastingMs = Math.max(...ends.map((each) => Math.min(...each)));
      this.#lastingMs.set(role, lastingMs);
    }
    return lastingMs;
  }

  /**
   * Looks for every fault that would make a Dask peer refuse these certificates, before any machine is created: readable files,
   * PEM, a key that fits its certificate and is not encrypted, a chain of valid signatures to the CA, dates, key strength, uses
   * (serverAuth and clientAuth), the cipher list.
   *
   * @param what for which moment and which roles. Default: now, for all roles
   * @throws DaskFleetError `SECURITY_INVALID` that names the option and the file.
   */
  check({ now = new Date(), validUntil, roles = ROLES }: SecurityCheck = {}): void {
    checkCiphers(this.#options.ciphers);
    for (const role of roles) this.#files.checkedChain(role, { now, validUntil });
  }

  /**
   * One role's PEM texts: all CA certificates, its certificate with the intermediates in order, its key as PKCS#8. Reads the
   * role's files, and is not a {@link check}.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where a file cannot be read or holds no fitting certificate and key.
   */
  materialFor(role: Role): TlsMaterial {
    return this.#files.material(role);
  }

  /**
   * The client's settings to dial the scheduler.
   *
   * @throws DaskFleetError as {@link materialFor} does.
   *
   * @internal
   */
  clientTls(): ClientTls {
    const { minVersion, maxVersion, ciphers } = this.#options;
    return {
      material: this.materialFor("client"),
      minVersion,
      ...(maxVersion !== undefined && { maxVersion }),
      ...(ciphers !== undefined && { ciphers }),
      ...(this.#temporaryId !== undefined && { serverName: roleName("scheduler", this.#temporaryId) }),
      schedulerKey256: publicKeyHash(this.#files.pair("scheduler").leaf),
      notAfter: { scheduler: new Date(this.#lasting("scheduler")), client: new Date(this.#lasting("client")) },
    };
  }

  /**
   * Each role's certificate in force, as PEM.
   *
   * @throws DaskFleetError as {@link materialFor} does.
   *
   * @internal
   */
  certificates(): Certificates {
    const certificate = (role: Role): string => this.materialFor(role).cert;
    return { scheduler: certificate("scheduler"), worker: certificate("worker"), client: certificate("client") };
  }

  /**
   * When half of the certificates' life is over; undefined where this process has no CA key and cannot renew them.
   *
   * @internal
   */
  get renewalDue(): Date | undefined {
    return this.#authority === undefined ? undefined : this.halfLife;
  }

  /**
   * When half of the life of temporary certificates is over; undefined for the caller's own.
   *
   * @internal
   */
  get halfLife(): Date | undefined {
    if (!this.isTemporary) return undefined;
    const { validFromDate, validToDate } = this.#files.pair("scheduler").leaf;
    return new Date((validFromDate.getTime() + BACKDATE_MS + validToDate.getTime()) / 2);
  }

  /**
   * Whether {@link adopt} has put renewed certificates in force.
   *
   * @internal
   */
  get isRenewed(): boolean {
    return this.#isRenewed;
  }

  /**
   * New certificates of the same CA for the same keys. They are not in force before {@link adopt}.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where this process has no CA key.
   *
   * @internal
   */
  renewed(now: Date = new Date()): Certificates {
    const authority = this.#authority;
    if (authority === undefined) throw invalid("Only the process that made these certificates can renew them.");
    const issue = (role: Role): string => authority.issue(role, createPublicKey(this.#files.pair(role).key), now);
    return { scheduler: issue("scheduler"), worker: issue("worker"), client: issue("client") };
  }

  /**
   * Puts renewed certificates in force here: later calls of every method give them. Older ones than those in force change nothing.
   *
   * @returns whether they are in force
   * @throws DaskFleetError `SECURITY_INVALID` where they are not of the same keys and CA, or this Security is the caller's own.
   *
   * @internal
   */
  adopt({ scheduler, worker, client }: Certificates): boolean {
    if (!this.isTemporary) throw invalid("Certificates of your own are not renewed.");
    const before = this.#files.pair("scheduler").leaf.validToDate;
    if (new X509Certificate(scheduler).validToDate <= before) return false;
    const files = new Map(this.#options.files);
    files.set("tlsSchedulerCert", scheduler).set("tlsWorkerCert", worker).set("tlsClientCert", client);
    const renewed = new RoleFiles(files);
    for (const role of ROLES) renewed.chains(role);
    this.#files = renewed;
    this.#options = { ...this.#options, files };
    this.#lastingMs.clear();
    this.#isRenewed = true;
    return true;
  }

  /**
   * The settings that every peer must share, without the files, by Dask's configuration keys, for example
   * `{"distributed.comm.require-encryption": true, "distributed.comm.tls.min-version": 1.2}`. Holds no secret.
   */
  daskSettings(): Record<string, boolean | number | string> {
    return daskSettingsOf(this.#options);
  }

  /**
   * Everything, keys included, as plain JSON for the cluster's own record (mode 0600). Of `extraConnArgs` only what JSON can hold
   * survives.
   *
   * @throws DaskFleetError as {@link materialFor} does.
   *
   * @internal
   */
  toRecord(): SecurityRecord {
    return recordOf(this.#options, this.#temporaryId, (role) => this.materialFor(role));
  }

  /** The options without PEM texts. */
  toJSON(): Record<string, unknown> {
    const { files, ciphers, minVersion, maxVersion, requireEncryption, extraConnArgs } = this.#options;
    const shown = Array.from(files, ([option, value]) => [
      option,
      isPemText(value) ? "in memory, not shown" : shownValue(value),
    ]);
    return {
      ...Object.fromEntries(shown),
      ...(ciphers !== undefined && { tlsCiphers: ciphers }),
      tlsMinVersion: minVersion,
      ...(maxVersion !== undefined && { tlsMaxVersion: maxVersion }),
      requireEncryption,
      // Python users put authorization headers there.
      ...(Object.keys(extraConnArgs).length > 0 && { extraConnArgs: "not shown" }),
    };
  }

  /** What `console.log` and `util.inspect` show: no key. */
  [inspectCustom](_depth: number, options: InspectOptions): string {
    return `Security ${inspect(this.toJSON(), options)}`;
  }
}
