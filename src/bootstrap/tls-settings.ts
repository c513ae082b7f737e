import { settingName } from "./env/env-vars.ts";
import type { DaskSetting } from "./node-spec.ts";

const PAIRS = ["scheduler", "worker", "client"].flatMap((role) =>
  ["cert", "key"].map((file) => `distributed.comm.tls.${role}.${file}`),
);

/**
 * All by which a Dask process decides whether and how it speaks TLS, each with the value that leaves it at plain TCP. A process gets
 * every one of them, its own over these: what is left out would come from another cluster's environment, from `~/.config/dask` or
 * from `/etc/dask`.
 */
export const PLAIN_SETTINGS: Readonly<Record<string, DaskSetting>> = {
  "distributed.comm.require-encryption": false,
  "distributed.comm.tls.ca-file": null,
  ...Object.fromEntries(PAIRS.map((key) => [key, null])),
  "distributed.comm.tls.ciphers": null,
  // Dask's own default. Older releases refuse what they do not know before they look at anything else.
  "distributed.comm.tls.min-version": 1.2,
  "distributed.comm.tls.max-version": null,
  // Is asked for certificates where a client brings none of its own.
  "distributed.client.security-loader": null,
};

/** What makes a node's own page a TLS server, which neither our gate nor anybody else here would talk to. */
export const PLAIN_DASHBOARD: Readonly<Record<string, DaskSetting>> = Object.fromEntries(
  ["ca-file", "cert", "key"].map((file) => [`distributed.scheduler.dashboard.tls.${file}`, null]),
);

const WHERE = new Set(["DASK_SCHEDULER_ADDRESS", "DASK_INTERNAL_INHERIT_CONFIG"]);
const NAMES = new Set(Object.keys({ ...PLAIN_SETTINGS, ...PLAIN_DASHBOARD }).map((key) => plainName(settingName(key))));
/** A whole mapping in one variable: `DASK_DISTRIBUTED__COMM={'tls': …}`. */
const WHOLE = /^DASK_DISTRIBUTED(?:__COMM|__CLIENT|__SCHEDULER(?:__DASHBOARD)?)?$/;
const MENTIONS_TLS = /tls|require[-_]encryption|security[-_]loader/i;

/**
 * Whether a variable of an environment leads Dask to a scheduler or says how to speak TLS, in whichever way Dask would read it: it
 * minds no case, takes `.` for `__` and `-` for `_`, and hands its whole configuration on to what a worker starts.
 */
export function isOfAnotherCluster(name: string, value: string): boolean {
  // Dask minds the case of these five letters alone.
  if (!name.startsWith("DASK_")) return false;
  const plain = plainName(name);
  if (WHERE.has(plain) || plain.startsWith("DASK_DISTRIBUTED__COMM__TLS")) return true;
  return NAMES.has(plain) || (WHOLE.test(plain) && MENTIONS_TLS.test(value));
}

/** What an environment calls differently, although it is the same to Dask, with the values that it has under our names. */
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

/** One spelling for all that Dask takes for the same name. */
function plainName(name: string): string {
  return name.replaceAll(".", "__").replaceAll("-", "_").toUpperCase();
}
