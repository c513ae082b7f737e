import { Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import { isPlainObject } from "../plain-object.ts";
import type { Observation } from "../provider/checkup.ts";
import { referenceText } from "../security/references/reference-text.ts";
import type { SecretReference } from "../security/references/secret-reference.ts";
import type { SecretUse } from "../security/references/uses.ts";
import { within } from "../wait.ts";
import { storeFor } from "./open-stores.ts";

const TIMEOUT_MS = 60_000;

/**
 * Reads a secret from its store with this computer's own credentials.
 *
 * @throws DaskFleetError what is missing and the next step; `TIMEOUT` after a minute; never with a part of a secret
 */
export async function fetchSecret(reference: SecretReference, use: SecretUse, signal: AbortSignal): Promise<string> {
  const text = await within(
    `the secret ${referenceText(reference)}`,
    new Deadline(TIMEOUT_MS, signal),
    async (inner) => {
      const store = await storeFor(reference);
      return await store.read(reference, use, inner);
    },
  );
  return "field" in reference && reference.field !== undefined ? fieldOf(reference, reference.field, text) : text;
}

/** Whether a secret is there and enabled, without its value. */
export async function lookAtSecret(reference: SecretReference, signal: AbortSignal): Promise<Observation> {
  const store = await storeFor(reference);
  return await store.look(reference, signal);
}

function fieldOf(reference: SecretReference, field: string, text: string): string {
  const value = memberOf(text, field);
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const message = `The secret ${referenceText(reference)} is no JSON object that has the text ${field}. Check what is stored, or leave #${field} out.`;
  throw new DaskFleetError("CONFIG_INVALID", message);
}

function memberOf(text: string, field: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  } catch {
    return undefined;
  }
}
