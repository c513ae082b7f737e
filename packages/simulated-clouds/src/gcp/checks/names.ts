import { invalidField } from "../api-error.ts";

const RFC1035 = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/u;

/** Names of resources. */
export function checkName(field: string, name: string | undefined): string {
  if (name === undefined || !RFC1035.test(name)) {
    throw invalidField(field, name, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
  }
  return name;
}

/** Network tags: of VMs, and in firewall rules. */
export function checkTags(field: string, tags: readonly string[], most: number): readonly string[] {
  if (tags.length > most) throw invalidField(field, tags, `The number of tags must not exceed ${most}.`);
  for (const [index, tag] of tags.entries()) checkName(`${field}[${index}]`, tag);
  if (new Set(tags).size !== tags.length) throw invalidField(field, tags, "Duplicate tag.");
  return tags;
}

const MOST_LABELS = 64;
const LABEL_KEY = /^\p{Ll}[\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

export function checkLabels(field: string, labels: Readonly<Record<string, string>> = {}): void {
  const entries = Object.entries(labels);
  if (entries.length > MOST_LABELS) {
    throw invalidField(field, `${entries.length} labels`, `The number of labels must not exceed ${MOST_LABELS}.`);
  }
  for (const [key, value] of entries) {
    if (!LABEL_KEY.test(key)) {
      const why =
        "Label keys must start with a lowercase letter and hold up to 63 lowercase letters, digits, underscores and dashes.";
      throw invalidField(`${field}.key`, key, why);
    }
    if (!LABEL_VALUE.test(value)) {
      const why = "Label values may hold up to 63 lowercase letters, digits, underscores and dashes.";
      throw invalidField(`${field}.value`, value, why);
    }
  }
}
