import type { TimeSource } from "../../core/clock.ts";
import { ApiError } from "../api-error.ts";

const MINUTE_MS = 60_000;

/** Requests for each minute: all come back at once when the next minute begins. */
export class RateLimits {
  readonly #clock: TimeSource;
  readonly #perMinute: number;
  readonly #counts = new Map<string, number>();
  #minute = -1;

  constructor(clock: TimeSource, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** @throws ApiError 403 when the quota group of that region has none left. */
  take(group: string, region: string, project: string): void {
    const minute = Math.floor(this.#clock.now() / MINUTE_MS);
    if (minute !== this.#minute) this.#counts.clear();
    this.#minute = minute;
    const key = `${group} ${region}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > this.#perMinute) throw rateLimitExceeded(group, project);
    this.#counts.set(key, count);
  }
}

export function rateLimitExceeded(group: string, project: string): ApiError {
  const consumer = `projects/${project}`;
  return new ApiError(
    {
      code: 403,
      reason: "rateLimitExceeded",
      domain: "usageLimits",
      status: "PERMISSION_DENIED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "RATE_LIMIT_EXCEEDED",
          domain: "googleapis.com",
          metadata: {
            consumer,
            service: "compute.googleapis.com",
            quota_metric: `compute.googleapis.com/${group}`,
            quota_limit: `${group}PerMinutePerProjectPerRegion`,
          },
        },
      ],
    },
    `Quota exceeded for quota metric '${group}' and limit '${group} per minute per region' of service ` +
      `'compute.googleapis.com' for consumer '${consumer}'.`,
  );
}
