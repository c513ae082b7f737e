import { Deadline } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { Security } from "../../security/security.ts";
import { within } from "../../wait.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import type { Lead } from "../lead/lead.ts";
import { STATE_TIMEOUT_MS } from "../lead/shared-wishes.ts";
import { findRecord } from "../record.ts";

interface Keeping {
  readonly spec: Pick<ClusterSpec, "clusterName" | "clusterId" | "security">;
  readonly lead: Pick<Lead, "update">;
  /** Whether the CA's key goes in, for the launcher that follows. */
  readonly handingOver?: boolean | undefined;
}

/**
 * Writes what this process knows of the certificates into the cluster's record, where other processes read it.
 *
 * @throws DaskFleetError `WRONG_STATE` where the lead is lost
 */
export async function keepSecurity({ spec, lead, handingOver = false }: Keeping): Promise<void> {
  const { clusterName, clusterId, security } = spec;
  await within("the cluster's record", new Deadline(STATE_TIMEOUT_MS), async () => {
    const record = await findRecord(clusterName);
    if (record === undefined || record.id !== clusterId) return;
    await lead.update({ ...record, security: security?.toRecord(handingOver) });
  });
}

/** What it says once when the CA's key goes into the record. */
export const HANDED_OVER =
  "The key of the cluster's CA is in its record on this computer now (mode 0600): processes that attach here can add workers and renew the certificates.";

/**
 * Hands the CA's key over to the launcher that follows, where this process has it and the record does not.
 *
 * @returns whether it did
 */
export async function handOver(keeping: Omit<Keeping, "handingOver">): Promise<boolean> {
  const { security } = keeping.spec;
  if (security?.delivery !== "join" || security.authority !== "memory") return false;
  await keepSecurity({ ...keeping, handingOver: true });
  return true;
}

/** What the cluster's record says of its certificates; undefined where it is gone, or another cluster's. */
export async function securityInRecord({
  clusterName,
  clusterId,
}: Pick<ClusterSpec, "clusterName" | "clusterId">): Promise<Security | undefined> {
  const read = (): ReturnType<typeof findRecord> => findRecord(clusterName);
  const record = await within("the cluster's record", new Deadline(STATE_TIMEOUT_MS), read);
  if (record?.security === undefined || record.id !== clusterId) return undefined;
  return Security.fromRecord(record.security);
}

/** Takes the CA's key from the record, where the launcher before this one has put it after this process attached. */
export async function takeOver(spec: Keeping["spec"]): Promise<void> {
  const { security } = spec;
  if (security === undefined || security.canGrow) return;
  const kept = await securityInRecord(spec);
  if (kept !== undefined) security.joining.takeAuthority(kept.joining);
}

/**
 * Refuses machines that could never join.
 *
 * @throws DaskFleetError `AUTHORITY_MISSING` where machines make their own keys, and this process has no CA key to sign them with
 */
export function assertCanGrow(spec: Pick<ClusterSpec, "clusterName" | "security">): void {
  const why = whyNoGrowth(spec);
  if (why !== undefined) throw new DaskFleetError("AUTHORITY_MISSING", why);
}

/** Why new machines could never join; undefined if they can. */
export function whyNoGrowth({
  clusterName,
  security,
}: Pick<ClusterSpec, "clusterName" | "security">): string | undefined {
  if (security === undefined || security.canGrow) return undefined;
  return `${clusterName} cannot add or replace workers: the key of its CA was in the memory of a launcher that is gone, and nothing else can sign certificates for new machines. What is there works until its certificates expire at ${security.notAfter.toISOString()}. Start a new cluster to grow; with \`security: { authority: "record" }\` the key is in the record from the start, and \`detach()\` puts it there.`;
}
