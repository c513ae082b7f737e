import { settingName } from "./env/env-vars.ts";
import type { DaskSetting } from "./node-spec.ts";

const PAIRS = ["scheduler", "worker", "client"].flatMap((role) =>
  ["cert", "key"].map((file) => `distributed.comm.tls.${role}.${file}`),
);

/**
 * Every setting by which a Dask process decides whether and how it speaks TLS, with its value for plain TCP. A process gets all of them,
 * its own over these: a missing one would come from another cluster's environment, `~/.config/dask` or `/etc/dask`.
 */
export const PLAIN_SETTINGS: Readonly<Record<string, DaskSetting>> = {
  "distributed.comm.require-encryption": false,
  "distributed.comm.tls.ca-file": null,
  ...Object.fromEntries(PAIRS.map((key) => [key, null])),
  "distributed.comm.tls.ciphers": null,
  // Dask's own default. Older releases refuse unknown values before they read anything else.
  "distributed.comm.tls.min-version": 1.2,
  "distributed.comm.tls.max-version": null,
  // Dask asks it for certificates when a client brings none.
  "distributed.client.security-loader": null,
};

/** Would make the node's dashboard a TLS server, to which our gate does not talk. */
export const PLAIN_DASHBOARD: Readonly<Record<string, DaskSetting>> = Object.fromEntries(
  ["ca-file", "cert", "key"].map((file) => [`distributed.scheduler.dashboard.tls.${file}`, null]),
);

const WHERE = new Set(["DASK_SCHEDULER_ADDRESS", "DASK_INTERNAL_INHERIT_CONFIG"]);
const NAMES = new Set(Object.keys({ ...PLAIN_SETTINGS, ...PLAIN_DASHBOARD }).map((key) => plainName(settingName(key))));
/** A whole mapping in one variable: `DASK_DISTRIBUTED__COMM={'tls': …}`. */
const WHOLE = /^DASK_DISTRIBUTED(?:__COMM|__CLIENT|__SCHEDULER(?:__DASHBOARD)?)?$/;
const MENTIONS_TLS = /tls|require[-_]encryption|security[-_]loader/i;

/**
 * Whether an environment variable leads Dask to a scheduler or decides about TLS, in any spelling: Dask ignores case, takes `.` for `__`
 * and `-` for `_`, and hands its whole configuration on to processes that a worker starts.
 */
export function isOfAnotherCluster(name: string, value: string): boolean {
  // Dask is case-sensitive in these five letters only.
  if (!name.startsWith("DASK_")) return false;
  const plain = plainName(name);
  if (WHERE.has(plain) || plain.startsWith("DASK_DISTRIBUTED__COMM__TLS")) return true;
  return NAMES.has(plain) || (WHOLE.test(plain) && MENTIONS_TLS.test(value));
}

/** Variables of an environment in other spellings that Dask treats alike, with the values under our names. */
export function sameNames(ours: Readonly<Record<string, string>>, outer: NodeJS.ProcessEnv): Record<string, string> {
  const values = new Map(Object.entries(ours));
  const others = Object.keys(outer).filter((name) => name.startsWith("DASK_") && !values.has(name));
  return Object.fromEntries(
    others.flatMap((name) => {
      const value = plainName(name) === "DASK_DISTRIBUTED__COMM__TLS" ? "{}" : values.get(plainName(name));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** One spelling for all names that Dask treats alike. */
function plainName(name: string): string {
  return name.replaceAll(".", "__").replaceAll("-", "_").toUpperCase();
}
