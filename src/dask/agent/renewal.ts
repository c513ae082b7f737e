import type { Certificates } from "../../security/tls-material.ts";
import { printableLine } from "../../text/printable.ts";
import type { Field } from "../fields.ts";
import type { AgentLink, AskOptions } from "./link.ts";

/** A certificate that a server shows. */
export interface ShownCertificate {
  /** Hexadecimal, as `X509Certificate.serialNumber` spells it. */
  readonly serial: string;
  readonly notAfter: Date;
}

/** Which certificates are in force on a cluster's machines. */
export interface RenewalStatus {
  readonly scheduler: ShownCertificate;
  /** The newest that the scheduler hands to workers; undefined before the first renewal since its start. */
  readonly worker: ShownCertificate | undefined;
  readonly workers: number;
  /** Workers that still show an older one, and are told again. */
  readonly behind: number;
  /** Workers without the agent: they keep the certificate that they started with. */
  readonly mute: number;
  /** Reasons of servers, a few different ones, printable. */
  readonly troubles: readonly string[];
}

/** New certificates of workers that each have their own, by the SHA-256 of their public keys, hexadecimal. */
export interface RenewedWorkers {
  readonly workers?: Readonly<Record<string, string>> | undefined;
}

const MOST_CERTIFICATES = 100_000;
const RENEW_TIMEOUT_MS = 30_000;
const MOST_TROUBLES = 5;
const LONGEST_TROUBLE = 400;

/**
 * Puts new certificates in force on the scheduler and, through it, on all workers and nannies, present and future. Idempotent; older ones
 * than those in force change nothing.
 *
 * @throws DaskFleetError `REMOTE_ERROR` when the scheduler refuses them: those before stay in force
 */
export async function renewCertificates(
  link: AgentLink,
  { scheduler, worker, workers }: Pick<Certificates, "scheduler" | "worker"> & RenewedWorkers,
  options: AskOptions = {},
): Promise<RenewalStatus> {
  const those = { ...(worker !== undefined && { worker }), ...(workers !== undefined && { workers }) };
  return statusOf(
    await link.ask({ op: "fleet_renew", scheduler, ...those }, { timeoutMs: RENEW_TIMEOUT_MS, ...options }),
  );
}

/** The certificates that workers have in force, where each machine has its own, as PEM. Foreign text. */
export async function certificatesInForce(link: AgentLink, options: AskOptions = {}): Promise<readonly string[]> {
  const answer = await link.ask({ op: "fleet_renewal_certificates" }, options);
  return answer
    .map()
    .get("certificates")
    .list()
    .slice(0, MOST_CERTIFICATES)
    .map((certificate) => certificate.text());
}

export async function renewalStatus(link: AgentLink, options: AskOptions = {}): Promise<RenewalStatus> {
  return statusOf(await link.ask({ op: "fleet_renewal" }, options));
}

function statusOf(answer: Field): RenewalStatus {
  const status = answer.map();
  const worker = status.optional("worker");
  return {
    scheduler: shownIn(status.get("scheduler")),
    worker: worker === undefined ? undefined : shownIn(worker),
    workers: status.get("workers").number(),
    behind: status.get("behind").number(),
    mute: status.get("mute").number(),
    troubles: status
      .get("troubles")
      .list()
      .slice(0, MOST_TROUBLES)
      .map((trouble) => printableLine(trouble.text(), LONGEST_TROUBLE)),
  };
}

function shownIn(field: Field): ShownCertificate {
  const shown = field.map();
  return { serial: shown.get("serial").text(), notAfter: shown.get("notAfter").date() };
}
