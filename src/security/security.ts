import { X509Certificate } from "node:crypto";
import { inspect, type InspectOptions } from "node:util";

import { publicKeyHash } from "./certificates/public-key.ts";
import { invalid } from "./invalid.ts";
import type { JoinTls, NodeTls } from "./node-tls.ts";
import { type ParsedOptions, checkCiphers, daskSettingsOf, parseOptions } from "./parse-options.ts";
import { type FetchSecret, fileOf } from "./references/file-references.ts";
import { type SecurityFromOptions, optionsFrom } from "./references/from-options.ts";
import type { SecretReference } from "./references/secret-reference.ts";
import { RoleFiles } from "./role-files.ts";
import { OWN, ROLES } from "./role-options.ts";
import type { SecurityCheck } from "./security-check.ts";
import type { SecurityOptions } from "./security-options.ts";
import { readRecord, recordOf, type SecurityRecord } from "./security-record.ts";
import { shownOptions } from "./shown-options.ts";
import { BACKDATE_MS, roleName } from "./temporary/authority.ts";
import { TemporaryKeys } from "./temporary/temporary-keys.ts";
import { issuePair, newAuthority, type TemporaryOptions } from "./temporary/temporary-material.ts";
import type { AuthorityPlace, KeyDelivery } from "./temporary/temporary-security.ts";
import type { Certificates, ClientTls, Role, TlsMaterial } from "./tls-material.ts";

const inspectCustom: typeof inspect.custom = inspect.custom;

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
  /** Undefined for the caller's own certificates. */
  #temporary: TemporaryKeys | undefined;

  /**
   * @throws DaskFleetError `SECURITY_INVALID`: an unknown option, a value of the wrong kind, no CA, or a role without a
   * certificate. {@link check} looks at the files.
   */
  constructor(options: SecurityOptions) {
    this.#options = parseOptions(options);
    this.#files = new RoleFiles(this.#options.files);
  }

  /**
   * A new CA, and certificates (ECDSA P-256) of its own for each role, the client's in memory. They start an hour in the past, so that a
   * machine whose clock is behind accepts them, and last 365 days unless `validForMs` says otherwise. The CA's key stays in this
   * object's memory, so that a cluster can grow and renew its certificates for as long as this process runs; see `authority`.
   *
   * Unlike Python's `Security.temporary`, where one self-signed certificate and one key serve every role, a machine's key does not
   * pass for the client's, and the client's certificate does not pass for a server's.
   *
   * @throws DaskFleetError `SECURITY_INVALID` for a `validForMs` below a minute or above 3,650 days.
   */
  static temporary(options: TemporaryOptions = {}): Security {
    const { authority, now } = newAuthority(options);
    const { delivery, authority: place } = options;
    return Security.#made(new TemporaryKeys({ authority, now, delivery, place }), issuePair(authority, "client", now));
  }

  static #made(temporary: TemporaryKeys, { cert, key }: { readonly cert: string; readonly key: string }): Security {
    const security = new Security({ tlsCaFile: temporary.certificate, tlsClientCert: cert, tlsClientKey: key });
    security.#temporary = temporary;
    return security;
  }

  /**
   * Certificates of your own by role. What is a reference to a secret is fetched by the machines that need it, through their own
   * identity, and is in no user data. The launcher fetches the client's alone.
   *
   * ```ts
   * Security.from({
   *   ca: "ca.pem",
   *   cert: "aws-sm:dask/cert",
   *   key: "aws-sm:dask/key",
   * });
   * ```
   *
   * @throws DaskFleetError `SECURITY_INVALID` as the constructor does
   */
  static from(options: SecurityFromOptions): Security {
    return new Security(optionsFrom(options));
  }

  /**
   * Restores what {@link toRecord} gave. Without the CA's key this process neither renews the certificates nor signs any.
   *
   * @internal
   */
  static fromRecord(record: unknown): Security {
    const { options, temporary } = readRecord(record);
    const security = new Security(options);
    security.#temporary = temporary;
    return security;
  }

  /**
   * As it is for one cluster: where machines join, each cluster has a scheduler's key of its own.
   *
   * @param usual how machines come by temporary certificates, unless its options say
   * @internal
   */
  forCluster(usual: KeyDelivery): Security {
    const temporary = this.#temporary;
    if (temporary === undefined || (temporary.delivery ?? usual) === "user-data") return this;
    return Security.#made(temporary.toJoin(), this.materialFor("client"));
  }

  /** Whether the certificates were made by {@link Security.temporary}. */
  get isTemporary(): boolean {
    return this.#temporary !== undefined;
  }

  /** How machines come by their certificates. @internal */
  get delivery(): KeyDelivery {
    return this.#temporary?.delivery ?? "user-data";
  }

  /** Where the CA's key is, beside this process's memory; undefined where this process does not have it. @internal */
  get authority(): AuthorityPlace | undefined {
    return this.#temporary?.authority === undefined ? undefined : this.#temporary.place;
  }

  /** Whether machines can be given certificates here: where they join, that takes the CA's key. @internal */
  get canGrow(): boolean {
    return this.delivery === "user-data" || this.authority !== undefined;
  }

  /** The roles whose certificate and key are here. */
  get #roles(): readonly Role[] {
    if (this.delivery === "join") return ["client"];
    return this.isTemporary ? ROLES : this.#files.rolesHere;
  }

  /** A temporary pair of a machine's role is made when it is first asked for: a machine that joins needs none. */
  #of(role: Role): RoleFiles {
    const [temporary, own] = [this.#temporary, OWN[role]];
    if (temporary === undefined || this.#options.files.has(own.cert)) return this.#files;
    const { cert, key } = temporary.issue(role);
    this.#take(new Map(this.#options.files).set(own.cert, cert).set(own.key, key));
    return this.#files;
  }

  #take(files: ParsedOptions["files"]): void {
    this.#files = new RoleFiles(files);
    this.#options = { ...this.#options, files };
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
    const here = this.#roles;
    // Without any, the client's tells why.
    const roles = here.length === 0 ? (["client"] as const) : here;
    const scheduler = this.#temporary?.scheduler?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;
    return new Date(Math.min(scheduler, ...roles.map((role) => this.#of(role).endOf(role))));
  }

  /** As {@link notAfter}; undefined while all certificates are in a store. @internal */
  get knownNotAfter(): Date | undefined {
    return this.#roles.length === 0 ? undefined : this.notAfter;
  }

  /** Whether a file of any role is a reference to a secret. */
  get hasReferences(): boolean {
    return ROLES.some((role) => this.#files.referencesOf(role).size > 0);
  }

  /** The references of a role, by option. @internal */
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
  }

  /**
   * Looks for every fault that would make a Dask peer refuse these certificates, before any machine is created: readable files,
   * PEM, a key that fits its certificate and is not encrypted, a chain of valid signatures to the CA, dates, key strength, uses
   * (serverAuth and clientAuth), the cipher list, a CA that does not sign for anybody, the scheduler's name if one is wanted. Of a role
   * that has a reference to a secret, only what is here is looked at.
   *
   * @param what for which moment and which roles. Default: now, for all roles whose keys are here
   * @throws DaskFleetError `SECURITY_INVALID` that names the option and the file.
   */
  check({ now = new Date(), validUntil, roles = this.#roles }: SecurityCheck = {}): void {
    checkCiphers(this.#options.ciphers);
    this.#files.checkHere();
    const here = new Set(this.#roles);
    for (const role of roles) if (here.has(role)) this.#of(role).checkedChain(role, { now, validUntil });
    if (!this.isTemporary) this.#files.checkTrust(this.#options);
  }

  /**
   * One role's PEM texts: all CA certificates, its certificate with the intermediates in order, its key as PKCS#8. Reads the
   * role's files, and is not a {@link check}.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where a file cannot be read or holds no fitting certificate and key, and for a machine's
   * role where machines make their own keys (`delivery: "join"`).
   */
  materialFor(role: Role): TlsMaterial {
    return this.#of(role).material(role);
  }

  /**
   * How a machine of a role comes by its certificate.
   *
   * @param join what it is told where it joins
   *
   * @internal
   */
  nodeTls(role: Exclude<Role, "client">, join?: () => Pick<JoinTls, "token" | "identity">): NodeTls {
    if (join === undefined || this.delivery === "user-data")
      return this.#of(role).nodeTls(role, this.#options.locations);
    return { delivery: "join", ca: this.materialFor("client").ca, id: this.joining.id, ...join() };
  }

  /**
   * The CA and the scheduler of a cluster whose machines join.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where they do not
   *
   * @internal
   */
  get joining(): TemporaryKeys {
    if (this.#temporary?.delivery !== "join") throw invalid("The machines of this cluster do not join.");
    return this.#temporary;
  }

  /**
   * The client's settings to dial the scheduler.
   *
   * @throws DaskFleetError as {@link materialFor} does.
   * @internal
   */
  clientTls(): ClientTls {
    const { minVersion, maxVersion, ciphers, serverName: given } = this.#options;
    // A machine may fetch another version.
    const isKnown = this.#files.referencesOf("scheduler").size === 0;
    const serverName = this.#temporary === undefined ? given : roleName("scheduler", this.#temporary.id);
    return {
      material: this.materialFor("client"),
      minVersion,
      ...(maxVersion !== undefined && { maxVersion }),
      ...(ciphers !== undefined && { ciphers }),
      ...(serverName !== undefined && { serverName }),
      ...(isKnown && { schedulerKey256: publicKeyHash(this.#schedulerLeaf) }),
      notAfter: {
        ...(isKnown && { scheduler: this.#schedulerEnd }),
        client: new Date(this.#of("client").endOf("client")),
      },
    };
  }

  /** @throws DaskFleetError `SECURITY_INVALID` before a scheduler has joined that is to join */
  get #schedulerLeaf(): X509Certificate {
    return this.delivery === "join" ? this.joining.joinedScheduler : this.#of("scheduler").pair("scheduler").leaf;
  }

  get #schedulerEnd(): Date {
    return this.delivery === "join"
      ? this.#schedulerLeaf.validToDate
      : new Date(this.#of("scheduler").endOf("scheduler"));
  }

  /**
   * Each role's certificate in force, as PEM: no worker's where each machine has its own.
   *
   * @throws DaskFleetError as {@link materialFor} does.
   * @internal
   */
  certificates(): Certificates {
    const certificate = (role: Role): string => this.materialFor(role).cert;
    const client = certificate("client");
    if (this.delivery === "join") return { scheduler: this.#schedulerLeaf.toString(), worker: undefined, client };
    return { scheduler: certificate("scheduler"), worker: certificate("worker"), client };
  }

  /** When half of the certificates' life is over; undefined where this process has no CA key and cannot renew them. @internal */
  get renewalDue(): Date | undefined {
    return this.authority === undefined ? undefined : this.halfLife;
  }

  /** When half of the life of temporary certificates is over; undefined for the caller's own. @internal */
  get halfLife(): Date | undefined {
    if (!this.isTemporary) return undefined;
    const { validFromDate, validToDate } = this.#files.pair("client").leaf;
    return new Date((validFromDate.getTime() + BACKDATE_MS + validToDate.getTime()) / 2);
  }

  /** Whether the certificates in force are renewed ones, by this process or another: they began after their CA. @internal */
  get isRenewed(): boolean {
    const temporary = this.#temporary;
    if (temporary === undefined) return false;
    return this.#files.pair("client").leaf.validFromDate > new X509Certificate(temporary.certificate).validFromDate;
  }

  /**
   * New certificates of the same CA for the same keys. They are not in force before {@link adopt}.
   *
   * @throws DaskFleetError `SECURITY_INVALID` where this process has not the CA's key.
   *
   * @internal
   */
  renewed(now: Date = new Date()): Certificates {
    const temporary = this.#temporary;
    if (temporary?.authority === undefined)
      throw invalid("Only a process that has the CA's key can renew certificates.");
    const anew = (role: Role): string => temporary.renew(role, this.#of(role).pair(role).key, now);
    const client = anew("client");
    if (this.delivery === "join") return { scheduler: temporary.renewedScheduler(now), worker: undefined, client };
    return { scheduler: anew("scheduler"), worker: anew("worker"), client };
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
    if (new X509Certificate(scheduler).validToDate <= this.#schedulerLeaf.validToDate) return false;
    const files = new Map(this.#options.files).set("tlsClientCert", client);
    if (worker !== undefined) files.set("tlsSchedulerCert", scheduler).set("tlsWorkerCert", worker);
    const renewed = new RoleFiles(files);
    for (const role of this.#roles) renewed.chains(role);
    if (this.delivery === "join") this.joining.renewPin(scheduler);
    this.#take(files);
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
   * survives. The CA's key is in it where `authority` is `record`.
   *
   * @param handingOver whether the CA's key goes in all the same, for the launcher that follows
   *
   * @throws DaskFleetError as {@link materialFor} does.
   * @internal
   */
  toRecord(handingOver = false): SecurityRecord {
    const files = this.hasReferences ? this.#files.recorded() : undefined;
    const temporary = this.#temporary?.toRecord(handingOver);
    return recordOf(this.#options, temporary, files ?? ((role) => this.materialFor(role)));
  }

  /** The options without PEM texts. */
  toJSON(): Record<string, unknown> {
    return shownOptions(this.#options);
  }

  /** What `console.log` and `util.inspect` show: no key. */
  [inspectCustom](_depth: number, options: InspectOptions): string {
    return `Security ${inspect(this.toJSON(), options)}`;
  }
}
