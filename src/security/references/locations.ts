import { invalid } from "../invalid.ts";
import type { TlsFile } from "../node-tls.ts";

/** Where on the machines the files of their certificates are wanted besides, as absolute paths. */
export type TlsLocations = Readonly<Partial<Record<TlsFile, string>>>;

const FILES: readonly string[] = ["ca", "cert", "key"] satisfies readonly TlsFile[];
const PATH = /^(?:\/[\w.@+-]+)+$/;

/** @throws DaskFleetError `SECURITY_INVALID` */
export function locationsOf(input: unknown): TlsLocations | undefined {
  const given = input ?? undefined;
  if (given === undefined) return undefined;
  if (typeof given !== "object" || Array.isArray(given)) {
    throw invalid("Expected the `locations` option to be an object of `ca`, `cert` and `key`.");
  }
  const entries = Object.entries(given as Readonly<Record<string, unknown>>).filter(([, path]) => path !== undefined);
  for (const [file, path] of entries) {
    if (!FILES.includes(file)) throw invalid("The `locations` option knows `ca`, `cert` and `key`, and nothing else.");
    if (typeof path !== "string" || !PATH.test(path) || /\/\.{1,2}(?:\/|$)/.test(path)) {
      throw invalid(
        `Expected \`locations.${file}\` to be an absolute path on the machine, such as /opt/dask/${file}.pem (letters, digits and . _ @ + -).`,
      );
    }
  }
  return entries.length === 0 ? undefined : Object.freeze(Object.fromEntries(entries) as TlsLocations);
}
