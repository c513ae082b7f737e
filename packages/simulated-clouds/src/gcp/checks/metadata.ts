import { invalidField } from "../api-error.ts";
import type { MetadataItem } from "../resources.ts";

const LONGEST_VALUE = 262_144;
const LONGEST_TOTAL = 524_288;

/** Checks metadata, and gives the user data that cloud-init's DataSourceGCE would read from it. */
export function checkMetadata(field: string, items: readonly MetadataItem[] = []): Buffer | undefined {
  const seen = new Set<string>();
  let total = 0;
  for (const [index, { key = "", value = "" }] of items.entries()) {
    const at = `${field}.items[${index}]`;
    if (!/^[a-zA-Z0-9_-]{1,127}$/u.test(key)) {
      throw invalidField(`${at}.key`, key, "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'");
    }
    if (seen.has(key)) throw invalidField(field, key, `Metadata has duplicate key: ${key}`);
    seen.add(key);
    const bytes = Buffer.byteLength(value);
    if (bytes > LONGEST_VALUE) {
      const size = `maximum size ${LONGEST_VALUE} character(s); actual size ${bytes}.`;
      throw invalidField(`${at}.value`, `${value.slice(0, 20)}…`, `Value is too large: ${size}`);
    }
    total += bytes + Buffer.byteLength(key);
  }
  if (total >= LONGEST_TOTAL) {
    throw invalidField(field, `${total} bytes`, `The total size of all keys and values must be less than 512 KB.`);
  }
  return userDataOf(items);
}

function userDataOf(items: readonly MetadataItem[]): Buffer | undefined {
  const userData = items.find(({ key }) => key === "user-data")?.value;
  if (userData === undefined) return undefined;
  const encoding = items.find(({ key }) => key === "user-data-encoding")?.value;
  // With another encoding cloud-init warns and takes the text as it is.
  return Buffer.from(userData, encoding === "base64" ? "base64" : "utf8");
}
