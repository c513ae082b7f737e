import { invalid } from "../../options/invalid.ts";
import type { DaskSetting } from "../node-spec.ts";
import { checkText } from "../shell/check-text.ts";

/** Linux's MAX_ARG_STRLEN: the most bytes of `NAME=value` and its final NUL (linux/binfmts.h). */
const MAX_VARIABLE_BYTES = 131_072;

/** Variables that bash makes read-only or computes itself: a given value would not arrive (bash(1), "Shell Variables"). */
const KEPT_BY_BASH = new Set(
  `_ COMP_WORDBREAKS DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD LINENO OLDPWD OPTIND PIPESTATUS PPID PWD RANDOM
   SECONDS SHELLOPTS SHLVL SRANDOM UID`.split(/\s+/u),
);

/** Refuses a variable that would not arrive unchanged in Dask, or would break what the cluster relies on. */
export function checkEnvVar(name: string, value: unknown, runtime: "docker" | "native"): asserts value is string {
  const what = `envVars.${name}`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) {
    throw invalid(
      `envVars: ${JSON.stringify(name)} is no name of an environment variable (letters, digits, underscore).`,
    );
  }
  if (typeof value !== "string")
    throw invalid(`${what} must be a text, not ${value === null ? "null" : typeof value}.`);
  checkText(what, value);
  if (Buffer.byteLength(name) + Buffer.byteLength(value) + 2 > MAX_VARIABLE_BYTES) {
    throw invalid(`${what} is longer than the ${MAX_VARIABLE_BYTES} bytes that Linux gives one environment variable.`);
  }
  const reason = whyRefused(name, runtime);
  if (reason !== undefined) throw invalid(`${what} cannot be set: ${reason}.`);
}

function whyRefused(name: string, runtime: "docker" | "native"): string | undefined {
  if (KEPT_BY_BASH.has(name) || (name.startsWith("BASH") && name !== "BASH_ENV"))
    return "bash keeps this name to itself";
  // Dask reads these names without regard to case (dask.config.collect_env).
  const upper = name.toUpperCase();
  if (upper.startsWith("DASK_FLEET_")) return "names that begin with DASK_FLEET_ are dask-fleet's own";
  if (upper.startsWith("DASK_DISTRIBUTED__COMM__TLS") || upper === "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION") {
    return 'TLS is set by the option "security"';
  }
  if (upper === "DASK_DISTRIBUTED__SCHEDULER__PRELOAD") return "Dask would ignore it; use schedulerOptions.preload";
  if (runtime === "docker" && name.startsWith("DOCKER_")) {
    return "it would steer the docker command on the machine; use dockerArgs: ['--env', …] to set it in the container";
  }
  return undefined;
}

/** `distributed.comm.tls.min-version` as `DASK_DISTRIBUTED__COMM__TLS__MIN_VERSION`, as `dask.config.collect_env` reads it. */
export function settingName(key: string): string {
  if (!/^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/iu.test(key)) {
    throw invalid(`daskSettings: ${JSON.stringify(key)} is no dotted key of Dask's configuration.`);
  }
  return `DASK_${key.replaceAll(".", "__").replaceAll("-", "_").toUpperCase()}`;
}

/** A Python literal: Dask reads values with `ast.literal_eval`, and an unquoted text `1.3` would arrive as a number. */
export function settingValue(value: DaskSetting): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}
