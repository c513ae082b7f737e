import { X509Certificate } from "node:crypto";

import type { AgentLink } from "../../dask/agent/link.ts";
import { certificatesInForce, type RenewalStatus, renewCertificates, renewalStatus } from "../../dask/agent/renewal.ts";
import { isUnreachable } from "../../dask/dask-errors.ts";
import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import type { ProgressEvent } from "../../progress.ts";
import { Security } from "../../security/security.ts";
import type { Certificates } from "../../security/tls-material.ts";
import { sleep, within } from "../../wait.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import { keepSecurity } from "../join/authority-in-record.ts";
import type { Lead } from "../lead/lead.ts";
import { STATE_TIMEOUT_MS } from "../lead/shared-wishes.ts";
import { findRecord } from "../record.ts";
import { ExpiryWatch } from "./expiry-watch.ts";

export interface CertificateCareOptions {
  readonly spec: Pick<ClusterSpec, "clusterName" | "clusterId" | "security" | "expiresAt">;
  /** Undefined while there is no connection. */
  readonly link: () => AgentLink | undefined;
  readonly lead: Pick<Lead, "mayAct" | "update">;
  readonly troubles: Troubles;
  readonly emit: (event: ProgressEvent) => void;
  /** @default 2000 */
  readonly intervalMs?: number | undefined;
}

const INTERVAL_MS = 2000;
/** Between two looks at what is in force, once certificates have been renewed: a restarted scheduler may show its first one. */
const CHECK_MS = 60_000;
/** Workers are told again every 20 s. */
const BEHIND_MS = 90_000;
const LONGEST_RETRY_MS = 600_000;
const SHORTEST_RETRY_MS = 5000;

/**
 * Renews a cluster's certificates at half of their life, where this process leads the cluster and has the CA's key: first on the
 * scheduler, which hands them on; then here, in the record and in the clients' files. Every step is repeated until it is done, and
 * whatever is done before this process dies fits whatever is not. Other processes take renewed certificates from the record. Warns
 * days ahead of certificates that nobody renews.
 */
export class CertificateCare {
  readonly #options: CertificateCareOptions;
  readonly #watch: ExpiryWatch;
  readonly #stopped = new AbortController();
  readonly #listeners: (() => Promise<void>)[] = [];
  #loop: Promise<void> | undefined;
  /** Until when the certificates last that the scheduler, the record and the listeners have, as far as is known. */
  #inForce: number | undefined;
  #recorded: number | undefined;
  #heard: number | undefined;
  /** `Date.now()` of the next work. */
  #nextAt = 0;
  #behindSince: number | undefined;

  constructor(options: CertificateCareOptions) {
    this.#options = options;
    this.#watch = new ExpiryWatch(options);
  }

  /** Looks now, and from now on until {@link stop}. It does not keep the process alive. */
  begin(): void {
    this.#watch.look();
    const { security } = this.#options.spec;
    if (security === undefined || this.#stopped.signal.aborted) return;
    this.#inForce ??= endOf(security);
    this.#recorded ??= endOf(security);
    this.#heard ??= endOf(security);
    this.#loop ??= this.#run(security);
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** Calls the listener whenever this process has renewed certificates; again if it fails. */
  onRenewed(listener: () => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** When the cluster ends by its certificates, if that is days ahead and nobody renews them; else empty. */
  describe(): string {
    return this.#watch.describe();
  }

  async #run(security: Security): Promise<void> {
    const { signal } = this.#stopped;
    const { intervalMs = INTERVAL_MS } = this.#options;
    for (;;) {
      await sleep(intervalMs, signal, { ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      this.#watch.look();
      if (this.#isWanted(security) && Date.now() >= this.#nextAt) await this.#work(security, signal);
    }
  }

  /** Never rejects. */
  async #work(security: Security, signal: AbortSignal): Promise<void> {
    const beganAt = Date.now();
    try {
      await (security.renewalDue === undefined ? this.#follow(security) : this.#lead(security, signal));
      this.#nextAt = beganAt + this.#pauseMs(security);
    } catch (error) {
      if (signal.aborted) return;
      const leftMs = endOf(security) - Date.now();
      this.#nextAt = Date.now() + Math.max(SHORTEST_RETRY_MS, Math.min(LONGEST_RETRY_MS, leftMs / 20));
      // A silent scheduler is reported elsewhere.
      if (!isUnreachable(error) || leftMs <= 0) {
        this.#options.troubles.tell("certificates", this.#refused(security, error));
      }
    }
  }

  /** Certificates of minutes have short pauses. */
  #pauseMs({ notAfter, halfLife = notAfter }: Security): number {
    const pauseMs = Math.min(CHECK_MS, (notAfter.getTime() - halfLife.getTime()) / 5);
    const leftMs = halfLife.getTime() - Date.now();
    return leftMs > 0 ? Math.min(pauseMs, leftMs) : pauseMs;
  }

  /** Whether there is anything to do, without asking anybody. */
  #isWanted(security: Security): boolean {
    const { expiresAt } = this.#options.spec;
    if (!security.isTemporary || (expiresAt !== undefined && expiresAt <= security.notAfter)) return false;
    const isHalfOver = Date.now() >= (security.halfLife?.getTime() ?? Number.POSITIVE_INFINITY);
    return isHalfOver || security.isRenewed;
  }

  async #lead(security: Security, signal: AbortSignal): Promise<void> {
    const { lead, link, troubles } = this.#options;
    if (!(await within("the lease on the cluster", new Deadline(STATE_TIMEOUT_MS), () => lead.mayAct()))) return;
    const scheduler = link();
    if (scheduler === undefined) return;
    const isDue = Date.now() >= (security.renewalDue?.getTime() ?? Number.POSITIVE_INFINITY);
    const certificates = isDue ? security.renewed(new Date()) : security.certificates();
    const workers = await this.#ownCertificates(scheduler, security, certificates);
    let status: RenewalStatus | undefined;
    if (!isDue && this.#inForce === endOf(security)) {
      status = await renewalStatus(scheduler, { signal });
      // A restarted scheduler has forgotten what it was told.
      if (!isTold(status, certificates, workers)) status = undefined;
    }
    if (status === undefined) {
      status = await renewCertificates(scheduler, { ...certificates, workers }, { signal });
      security.adopt(certificates);
      this.#inForce = endOf(security);
    }
    await this.#keep(security);
    troubles.tellOf("certificates", this.#behind(status, security));
  }

  /** New ones for workers whose own end before the scheduler's; undefined where all workers have one pair. */
  async #ownCertificates(
    scheduler: AgentLink,
    security: Security,
    certificates: Certificates,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    if (security.delivery !== "join") return undefined;
    const inForce = await certificatesInForce(scheduler, { signal: this.#stopped.signal });
    return security.joining.renewedWorkers(inForce, new X509Certificate(certificates.scheduler).validToDate);
  }

  /** Takes what the leader has renewed. */
  async #follow(security: Security): Promise<void> {
    const { spec } = this.#options;
    const read = (): ReturnType<typeof findRecord> => findRecord(spec.clusterName);
    const record = await within("the cluster's record", new Deadline(STATE_TIMEOUT_MS), read);
    if (record?.security === undefined || record.id !== spec.clusterId) return;
    security.adopt(Security.fromRecord(record.security).certificates());
    this.#recorded = endOf(security);
    await this.#keep(security);
  }

  async #keep(security: Security): Promise<void> {
    const { spec, lead } = this.#options;
    const end = endOf(security);
    if (this.#recorded !== end) {
      await keepSecurity({ spec, lead });
      this.#recorded = end;
    }
    if (this.#heard !== end) {
      for (const listener of this.#listeners) await listener();
      this.#heard = end;
    }
  }

  #behind({ behind, mute, workers, troubles }: RenewalStatus, security: Security): string | undefined {
    const count = behind + mute;
    if (count === 0) this.#behindSince = undefined;
    else this.#behindSince ??= Date.now();
    // A worker may be joining.
    if (this.#behindSince === undefined || Date.now() - this.#behindSince < BEHIND_MS) return undefined;
    const why = troubles.length === 0 ? "" : ` (${troubles.join("; ")})`;
    return `${count} of ${workers} workers have not taken the renewed certificate${why}. They accept no new connection when theirs expires. That of the others is valid until ${security.notAfter.toISOString()}.`;
  }

  #refused(security: Security, error: unknown): string {
    const end = security.notAfter.toISOString();
    return `The certificates could not be renewed; those in force are valid until ${end}. ${messageOf(error)}`;
  }
}

/** Whether the scheduler shows and hands on what is in force here. */
function isTold(
  status: RenewalStatus,
  { scheduler, worker }: Certificates,
  workers: Readonly<Record<string, string>> | undefined,
): boolean {
  const isNewest = status.scheduler.notAfter >= new X509Certificate(scheduler).validToDate;
  const areWorkers =
    worker === undefined
      ? Object.keys(workers ?? {}).length === 0
      : status.worker?.serial === new X509Certificate(worker).serialNumber;
  return isNewest && areWorkers;
}

function endOf(security: Security): number {
  return security.notAfter.getTime();
}
