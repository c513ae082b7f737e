import { isError } from "../../errors.ts";
import { readBoundedFile, UnsuitableFile } from "../../files/bounded-file.ts";
import { invalid } from "../invalid.ts";

/** The text behind one option. */
export interface PemSource {
  /** The option and the place of its text, for messages: `` `tlsCaFile` (/etc/ca.pem) ``. */
  readonly title: string;
  readonly text: string;
}

const LARGEST_FILE = 1024 * 1024;

export function isPemText(value: string): boolean {
  return value.includes("-----BEGIN");
}

/**
 * An option's value, safe to show. A key without its first line looks like a path, so a relative path with a long run of base64 is
 * not shown either.
 */
export function shownValue(value: string): string {
  if (isPemText(value)) return "PEM text";
  const absolute = /^(?:[/~.]|[A-Za-z]:[\\/])/.test(value);
  const keyLike = /\p{Cc}|-----|[A-Za-z0-9+/=]{40}/u;
  const suspicious = absolute ? /\p{Cc}|-----/u.test(value) : keyLike.test(value);
  return suspicious || value.length > 4096 ? "a text that is neither PEM nor looks like a path" : value;
}

/** Reads an option's file. Throws SECURITY_INVALID if it is not readable. */
export function readPemSource(option: string, value: string): PemSource {
  const shown = shownValue(value);
  const title = `\`${option}\` (${shown})`;
  if (isPemText(value)) return { title, text: value };
  try {
    // latin1 keeps every byte, so that a DER file is recognized; PEM itself is ASCII.
    return { title, text: readBoundedFile(value, LARGEST_FILE).toString("latin1") };
  } catch (error) {
    if (error instanceof UnsuitableFile) throw invalid(`\`${option}\`: ${shown} ${error.message}.`);
    throw unreadable(option, value, shown, error);
  }
}

function unreadable(option: string, value: string, shown: string, error: unknown): Error {
  const code = isError(error) && "code" in error ? error.code : undefined;
  // Node's message contains the path: pass it on only if the path may be shown.
  const cause = shown === value ? error : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return invalid(`\`${option}\`: no file at ${shown}.`, cause);
    case "EACCES":
    case "EPERM":
      return invalid(`\`${option}\`: no permission to read ${shown}.`, cause);
    default:
      return invalid(`\`${option}\`: ${shown} cannot be read${typeof code === "string" ? ` (${code})` : ""}.`, cause);
  }
}
