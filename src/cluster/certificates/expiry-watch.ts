import type { ProgressEvent } from "../../progress.ts";
import { RENEWAL } from "../../security/tls-material.ts";
import type { ClusterSpec } from "../cluster-spec.ts";

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
 * Warns before a cluster's certificates expire, if the cluster may still run then. It has no timer: its owner calls it, so a computer
 * that slept warns when it wakes.
 */
export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  #toldAt = Number.POSITIVE_INFINITY;

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
  }

  look(): void {
    const stage = this.#stage();
    // Renewed.
    if (stage === undefined) this.#toldAt = Number.POSITIVE_INFINITY;
    if (stage === undefined || stage >= this.#toldAt) return;
    this.#toldAt = stage;
    const { spec, emit } = this.#options;
    emit({ type: "warning", message: `The certificates of ${spec.clusterName} ${this.#when()}. ${RENEWAL}` });
  }

  /** For a summary of the cluster; empty while there is nothing to warn of. */
  describe(): string {
    return this.#stage() === undefined ? "" : `; its certificates ${this.#when()}, and nothing has renewed them`;
  }

  /** The threshold that is passed. */
  #stage(): number | undefined {
    const { spec, now = Date.now } = this.#options;
    const { security, expiresAt } = spec;
    if (security === undefined) return undefined;
    const { notAfter, halfLife } = security;
    if (expiresAt !== undefined && expiresAt <= notAfter) return undefined;
    const leftMs = notAfter.getTime() - now();
    // Whoever renews them does so at half of their life; certificates of a day are no reason to warn before.
    if (halfLife !== undefined && leftMs > (notAfter.getTime() - halfLife.getTime()) / 2) return undefined;
    return STAGES_MS.find((each) => leftMs <= each);
  }

  #when(): string {
    const { spec, now = Date.now } = this.#options;
    const notAfter = spec.security?.notAfter ?? new Date(0);
    const date = notAfter.toISOString();
    return notAfter.getTime() <= now() ? `expired at ${date}` : `expire at ${date}`;
  }
}
