import { createPublicKey, X509Certificate } from "node:crypto";
import { inspect, type InspectOptions } from "node:util";

import type { Authority } from "./authority.ts";
import { BACKDATE_MS, roleName } from "./authority.ts";
import { invalid } from "./invalid.ts";
import type { NodeTls } from "./node-tls.ts";
import { type ParsedOptions, checkCiphers, daskSettingsOf, parseOptions } from "./parse-options.ts";
import { isPemText, shownValue } from "./pem-source.ts";
import { publicKeyHash } from "./public-key.ts";
import { type FetchSecret, fileOf, referenceIn } from "./references/file-references.ts";
import { type SecurityFromOptions, optionsFrom } from "./references/from-options.ts";
import type { SecretReference } from "./references/secret-reference.ts";
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
   * Certificates of your own by role. What is a reference to a secret is fetched by the machines that need it, through their own
   * identity, and is in no user data. The launcher fetches the client's alone, at the start and when a process attaches.
   *
   * ```ts
   * Security.from({
   *   ca: "ca.pem",
   *   cert: "aws-sm:dask/cert",
   *   key: "aws-sm:dask/key",
   *   client: { cert: "client.pem", key: "client-key.pem" },
   * });
   * ```
   *
   * @throws DaskFleetError `SECURITY_INVALID` as the constructor does
   */
  static from(options: SecurityFromOptions): Security {
    return new Security(optionsFrom(options));
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
   * The earliest moment at which a certificate of any role, or one above it, expires. Reads the files. Certificates that only machines
   * fetch from a store do not count.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where a file cannot be read, a certificate does not lead to the CA, or all of them are still
   * in a store: a start fetches the client's.
   */
  get notAfter(): Date {
    const here = this.#files.rolesHere;
    // Without any, the client's tells why.
    const roles = here.length === 0 ? (["client"] as const) : here;
    return new Date(Math.min(...roles.map((role) => this.#lasting(role))));
  }

  /**
   * As {@link notAfter}; undefined while all certificates are in a store.
   *
   * @internal
   */
  get knownNotAfter(): Date | undefined {
    return this.#files.rolesHere.length === 0 ? undefined : this.notAfter;
  }

  /** Whether a file of any role is a reference to a secret. */
  get hasReferences(): boolean {
    return ROLES.some((role) => this.#files.referencesOf(role).size > 0);
  }

  /**
   * The references of a role, by option.
   *
   * @internal
   */
  referencesOf(role: Role): ReadonlyMap<string, SecretReference> {
    return this.#files.referencesOf(role);
  }

  /**
   * Fetches what is a reference of the client's, anew at each call. Machines' secrets stay where they are.
   *
   * @throws what `fetch` throws
   *
   * @internal
   */
  async load(fetch: FetchSecret, signal: AbortSignal): Promise<void> {
    const references = Array.from(this.#files.referencesOf("client"));
    if (references.length === 0) return;
    const texts = references.map(
      async ([option, reference]) => [option, await fetch(reference, fileOf(option), signal)] as const,
    );
    this.#files = new RoleFiles(this.#options.files, new Map(await Promise.all(texts)));
    this.#lastingMs.clear();
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
   * (serverAuth and clientAuth), the cipher list. Of a role that has a reference to a secret, only what is here is looked at.
   *
   * @param what for which moment and which roles. Default: now, for all roles
   * @throws DaskFleetError `SECURITY_INVALID` that names the option and the file.
   */
  check({ now = new Date(), validUntil, roles = ROLES }: SecurityCheck = {}): void {
    checkCiphers(this.#options.ciphers);
    this.#files.checkHere();
    const here = new Set(this.#files.rolesHere);
    for (const role of roles) if (here.has(role)) this.#files.checkedChain(role, { now, validUntil });
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
   * What a machine of a role is told of its certificate.
   *
   * @throws DaskFleetError as {@link materialFor} does.
   *
   * @internal
   */
  nodeTls(role: Role): NodeTls {
    return this.#files.nodeTls(role, this.#options.locations);
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
    // What the scheduler fetches may be another version than what was fetched here.
    const isKnown = this.#files.referencesOf("scheduler").size === 0;
    return {
      material: this.materialFor("client"),
      minVersion,
      ...(maxVersion !== undefined && { maxVersion }),
      ...(ciphers !== undefined && { ciphers }),
      ...(this.#temporaryId !== undefined && { serverName: roleName("scheduler", this.#temporaryId) }),
      ...(isKnown && { schedulerKey256: publicKeyHash(this.#files.pair("scheduler").leaf) }),
      notAfter: {
        ...(isKnown && { scheduler: new Date(this.#lasting("scheduler")) }),
        client: new Date(this.#lasting("client")),
      },
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
    const files = this.hasReferences ? this.#files.recorded() : undefined;
    return recordOf(this.#options, this.#temporaryId, files ?? ((role) => this.materialFor(role)));
  }

  /** The options without PEM texts. */
  toJSON(): Record<string, unknown> {
    const { files, ciphers, minVersion, maxVersion, requireEncryption, extraConnArgs, locations } = this.#options;
    const shown = Array.from(files, ([option, value]) => [
      option,
      isPemText(value) ? "in memory, not shown" : referenceIn(value) === undefined ? shownValue(value) : value,
    ]);
    return {
      ...Object.fromEntries(shown),
      ...(ciphers !== undefined && { tlsCiphers: ciphers }),
      tlsMinVersion: minVersion,
      ...(maxVersion !== undefined && { tlsMaxVersion: maxVersion }),
      requireEncryption,
      // Python users put authorization headers there.
      ...(Object.keys(extraConnArgs).length > 0 && { extraConnArgs: "not shown" }),
      ...(locations !== undefined && { locations }),
    };
  }

  /** What `console.log` and `util.inspect` show: no key. */
  [inspectCustom](_depth: number, options: InspectOptions): string {
    return `Security ${inspect(this.toJSON(), options)}`;
  }
}
