import { invalid } from "../../../src/options/invalid.ts";

interface MetadataItem {
  readonly key: string;
  readonly value: string;
}

/** Compute Engine's limit for one value, in bytes; base64 makes four characters of three bytes. */
const LONGEST_VALUE = 262_144;
/** The most user data in bytes that fits into a value. */
export const USER_DATA_LIMIT_BYTES = (LONGEST_VALUE / 4) * 3;
/** For all keys and values together; we leave the user data its place. */
const MOST_OF_USERS = 512 * 1024 - LONGEST_VALUE - 1024;

const KEY = /^[A-Za-z0-9_-]{1,127}$/;

/** The keys that cloud-init reads, and the one that keeps the project's SSH keys off the machine. */
function ours(userData: Uint8Array): Readonly<Record<string, string>> {
  return {
    "user-data": Buffer.from(userData).toString("base64"),
    "user-data-encoding": "base64",
    "block-project-ssh-keys": "TRUE",
  };
}

/** Other keys that cloud-init reads, before or beside ours. */
const REPLACING = new Set(["user-data", "user-data-encoding", "startup-script-url", "vendor-data"]);

/** @throws DaskFleetError `CONFIG_INVALID` for metadata that Compute Engine would refuse, or that other options set. */
export function assertUserMetadata(option: string, metadata: Readonly<Record<string, string>>): void {
  let total = 0;
  for (const [key, value] of Object.entries(metadata)) {
    const bytes = Buffer.byteLength(value);
    total += key.length + bytes;
    const trouble = troubleWith(key, bytes);
    if (trouble !== undefined) throw invalid(`The key ${JSON.stringify(key)} of the \`${option}\` option ${trouble}.`);
  }
  if (total > MOST_OF_USERS) throw invalid(`The \`${option}\` option has more than ${MOST_OF_USERS} bytes.`);
}

function troubleWith(key: string, bytes: number): string | undefined {
  if (REPLACING.has(key))
    return "would replace what makes the machine a node of the cluster: use extraBootstrap, envVars or your own image";
  if (!KEY.test(key)) return "needs a name of letters, digits, `_` and `-`";
  return bytes > LONGEST_VALUE ? `has a value of more than ${LONGEST_VALUE} bytes` : undefined;
}

/** The user's own and what makes the machine a node of the cluster. */
export function metadataItems(userData: Uint8Array, metadata: Readonly<Record<string, string>>): MetadataItem[] {
  return Object.entries({ ...ours(userData), ...metadata }).map(([key, value]) => ({ key, value }));
}
