import type { Role } from "./tls-material.ts";

/** The moment and the roles of a {@link Security.check}. */
export interface SecurityCheck {
  /** The moment at which they must be valid. Default: now, by the computer's clock. */
  readonly now?: Date | undefined;
  /** Until when the certificates must last, for example the end of the cluster's `maxLifetimeMs`. Default: no longer than `now`. */
  readonly validUntil?: Date | undefined;
  /** Whose certificates. Default: all three roles'. */
  readonly roles?: readonly Role[] | undefined;
}
