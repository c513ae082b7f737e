import { isIP } from "node:net";

import { closest } from "fastest-levenshtein";

import { nodeTls } from "../node-tls.ts";
import { invalid } from "./invalid.ts";
import { checkedFile } from "./references/file-references.ts";
import { type TlsLocations, locationsOf } from "./references/locations.ts";
import { FILE_OPTIONS, type FileOption, OPTION_NAMES } from "./security-options.ts";
import type { TlsVersion } from "./tls-material.ts";

/** Options after all checks that need no file. */
export interface ParsedOptions {
  readonly files: ReadonlyMap<FileOption, string>;
  readonly ciphers: string | undefined;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion | undefined;
  readonly requireEncryption: boolean;
  readonly allowPublicCa: boolean;
  readonly serverName: string | undefined;
  readonly extraConnArgs: Readonly<Record<string, unknown>>;
  readonly locations: TlsLocations | undefined;
}

const VERSIONS: ReadonlyMap<unknown, TlsVersion> = new Map<unknown, TlsVersion>([
  ["1.2", "TLSv1.2"],
  [1.2, "TLSv1.2"],
  ["1.3", "TLSv1.3"],
  [1.3, "TLSv1.3"],
]);

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

/** Takes `unknown`: JavaScript callers, YAML and records reach it too. `null` counts as not given, as it does in Dask's YAML. */
export function parseOptions(input: unknown): ParsedOptions {
  if (!isRecord(input)) throw invalid(`Expected the security options to be an object, got ${kindOf(input)}.`);
  for (const key of Object.keys(input)) {
    if (!(OPTION_NAMES as readonly string[]).includes(key)) throw unknownOption(key);
  }
  const files = new Map<FileOption, string>();
  for (const option of FILE_OPTIONS) {
    const text = stringOf(input, option, "a path, a PEM text or a reference to a secret");
    if (text !== undefined) files.set(option, checkedFile(option, text));
  }
  const minVersion = versionOf(input, "tlsMinVersion") ?? "TLSv1.2";
  const maxVersion = versionOf(input, "tlsMaxVersion");
  if (maxVersion !== undefined && maxVersion < minVersion) {
    throw invalid(`Expected \`tlsMaxVersion\` (${maxVersion}) to be no lower than \`tlsMinVersion\` (${minVersion}).`);
  }
  return {
    files,
    ciphers: stringOf(input, "tlsCiphers", "an OpenSSL cipher list"),
    minVersion,
    maxVersion,
    requireEncryption: flagOf(input, "requireEncryption", true),
    allowPublicCa: flagOf(input, "allowPublicCa", false),
    serverName: serverNameOf(input),
    extraConnArgs: extraConnArgsOf(input["extraConnArgs"]),
    locations: locationsOf(input["locations"]),
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The kind of a value, never its text: a misplaced value may be a key. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function unknownOption(key: string): Error {
  const shown = key.length <= 40 && !key.includes("-----") ? `\`${key}\`` : "with a very long name";
  return invalid(`Unknown security option ${shown}. Did you mean \`${closest(key.slice(0, 40), [...OPTION_NAMES])}\`?`);
}

function stringOf(input: Readonly<Record<string, unknown>>, option: string, expected: string): string | undefined {
  const value = input[option] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.trim() !== "") return value;
  throw invalid(`Expected the \`${option}\` option to be ${expected}, got ${kindOf(value)}.`);
}

/** Python's `Security` knows these two as well, and nothing older. */
function versionOf(input: Readonly<Record<string, unknown>>, option: string): TlsVersion | undefined {
  const value = input[option] ?? undefined;
  if (value === undefined) return undefined;
  const version = VERSIONS.get(value);
  if (version !== undefined) return version;
  const spelled = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const got = /^[\d.]{1,5}$/.test(spelled) ? `\`${spelled}\` (${typeof value})` : kindOf(value);
  throw invalid(`Expected the \`${option}\` option to be "1.2" or "1.3" (nothing older is safe), got ${got}.`);
}

function flagOf(input: Readonly<Record<string, unknown>>, option: string, absent: boolean): boolean {
  const flag = input[option] ?? absent;
  if (typeof flag === "boolean") return flag;
  throw invalid(`Expected the \`${option}\` option to be a boolean, got ${kindOf(flag)}.`);
}

/** An address is no name: TLS has none in its SNI. */
function serverNameOf(input: Readonly<Record<string, unknown>>): string | undefined {
  const name = stringOf(input, "serverName", "a DNS name");
  if (name === undefined || (DNS_NAME.test(name) && isIP(name) === 0)) return name;
  throw invalid("Expected the `serverName` option to be a DNS name, such as scheduler.example.com.");
}

function extraConnArgsOf(value: unknown): Readonly<Record<string, unknown>> {
  const args = value ?? {};
  if (isRecord(args)) return Object.freeze({ ...args });
  throw invalid(`Expected the \`extraConnArgs\` option to be an object, got ${kindOf(args)}.`);
}

/**
 * The TLS settings that are not files, by Dask's own dotted configuration keys (`distributed/distributed.yaml`, `comm`). Keys
 * whose value is Dask's default, null, are left out.
 */
export function daskSettingsOf(options: ParsedOptions): Record<string, boolean | number | string> {
  return {
    "distributed.comm.require-encryption": options.requireEncryption,
    // A number: distributed's Security compares it with 1.2 and 1.3, and refuses the string.
    "distributed.comm.tls.min-version": options.minVersion === "TLSv1.3" ? 1.3 : 1.2,
    ...(options.maxVersion !== undefined && {
      "distributed.comm.tls.max-version": options.maxVersion === "TLSv1.3" ? 1.3 : 1.2,
    }),
    ...(options.ciphers !== undefined && { "distributed.comm.tls.ciphers": options.ciphers }),
  };
}

/** Refuses a cipher list that OpenSSL, or Python's `set_ciphers` on a machine, would refuse. */
export function checkCiphers(ciphers: string | undefined): void {
  if (ciphers === undefined) return;
  const forTls12 = ciphers.split(":").filter((name) => !name.startsWith("TLS_"));
  try {
    if (forTls12.length === 0) throw new Error("only TLS 1.3 suites");
    nodeTls().createSecureContext({ ciphers: forTls12.join(":") });
  } catch (error) {
    throw invalid(
      "`tlsCiphers` selects no cipher: it must be an OpenSSL cipher list for TLS 1.2, for example ECDHE+AESGCM " +
        "(TLS 1.3 suites, TLS_…, are always on).",
      error,
    );
  }
}
