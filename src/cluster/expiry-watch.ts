import type { ProgressEvent } from "../progress.ts";
import { RENEWAL } from "../security/tls-material.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

const DAY_MS = 86_400_000;
/** Each threshold of remaining time gives one warning. */
const STAGES_MS = [0, DAY_MS, 3 * DAY_MS, 14 * DAY_MS];

export interface ExpiryWatchOptions {
  readonly spec: Pick<ClusterSpec, "clusterName" | "security" | "expiresAt">;
  readonly emit: (event: ProgressEvent) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/**
 * Warns before a cluster's certificates expire, if the cluster may still run then. It has no timer: the monitor calls it, so a computer
 * that slept warns when it wakes.
 */
export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  #toldAt = Number.POSITIVE_INFINITY;

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
  }

  look(): void {
    const { spec, emit, now = Date.now } = this.#options;
    const { clusterName, security, expiresAt } = spec;
    if (security === undefined) return;
    const { notAfter } = security;
    if (expiresAt !== undefined && expiresAt <= notAfter) return;
    const leftMs = notAfter.getTime() - now();
    const stage = STAGES_MS.find((each) => leftMs <= each);
    if (stage === undefined || stage >= this.#toldAt) return;
    this.#toldAt = stage;
    const when = leftMs <= 0 ? `expired at ${notAfter.toISOString()}` : `expire at ${notAfter.toISOString()}`;
    emit({ type: "warning", message: `The certificates of ${clusterName} ${when}. ${RENEWAL}` });
  }
}
