import { type CloudFailure, triesOf } from "../../../src/cloud/errors/error-table.ts";
import { ownFile } from "../../../src/files/own-file.ts";
import { printableLine } from "../../../src/text/printable.ts";

/** A failed call, operation or machine of Azure's. */
export interface AzureFailure extends CloudFailure {
  readonly endpoint: string;
  /** The name of the SDK's error. */
  readonly kind: string;
  /** What the answer says below its first sentence, such as an inner error's reason. */
  readonly inner: string;
  /** The policies that refused, as their owners call them. */
  readonly policies: readonly string[];
  /** An earlier attempt of the same call got no answer: it may have taken effect. */
  readonly mayHaveHappened: boolean;
}

export const SIGN_IN = 'run "az login"';
export const ROLE = `All permissions that dask-fleet needs are in ${ownFile("docs/providers/azure.md")}.`;
export const QUOTAS = "Ask for more in the Azure portal (Quotas), or delete machines.";

export function server({ endpoint }: AzureFailure): string {
  return new URL(endpoint).host;
}

export function ofKind(...kinds: readonly string[]): (failure: AzureFailure) => boolean {
  return ({ kind }) => kinds.includes(kind);
}

/** Whether any of what Azure says has this in it, the inner errors included. */
export function says(pattern: RegExp): (failure: AzureFailure) => boolean {
  return ({ message, inner }) => pattern.test(message) || pattern.test(inner);
}

/** `: "Require a cost center", "Allowed locations"`, or nothing. */
export function byPolicies({ policies }: AzureFailure): string {
  return policies.length === 0 ? "" : `: ${printableLine(policies.map((policy) => `"${policy}"`).join(", "))}`;
}

export const tries = triesOf;
