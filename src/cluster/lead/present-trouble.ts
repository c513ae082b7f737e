import type { TroubleKind } from "../../progress.ts";

/** A present trouble, as the leading process tells it. */
export interface PresentTrouble {
  /** The kind of trouble. */
  readonly kind: TroubleKind;
  /** The worker group; undefined for the whole cluster's. */
  readonly group: string | undefined;
  /** Whole sentences, printable. */
  readonly message: string;
  /** When it began. */
  readonly since: Date;
}
