import type { NodeSpec } from "../node-spec.ts";
import { PLAIN_DASHBOARD, PLAIN_SETTINGS } from "../tls-settings.ts";
import { checkEnvVar, settingName, settingValue } from "./env-vars.ts";
import { proxyEnv } from "./proxy-env.ts";

/** Dask's environment on a node. Only `ours` may be shown; `given` is the caller's and can hold secrets. */
export interface UserEnv {
  readonly ours: Readonly<Record<string, string>>;
  readonly given: Readonly<Record<string, string>>;
}

/** Settings of every node, the caller's settings, the caller's variables: later ones win. */
export function userEnv(spec: NodeSpec): UserEnv {
  const given: Record<string, string> = { ...proxyEnv(spec) };
  for (const [key, value] of Object.entries(spec.daskSettings ?? {})) given[settingName(key)] = settingValue(value);
  for (const [name, value] of Object.entries(spec.envVars ?? {})) {
    checkEnvVar(name, value, spec.runtime ?? "docker");
    given[name] = value;
  }
  const ours = Object.entries(ownSettings(spec)).filter(([name]) => !Object.hasOwn(given, name));
  return { ours: Object.fromEntries(ours), given };
}

function ownSettings(spec: NodeSpec): Record<string, string> {
  return {
    // Dask of 2022 sends some messages compressed even to a peer that asked for none, such as our own client. The text None
    // works in every release; false and null crash that one.
    DASK_DISTRIBUTED__COMM__COMPRESSION: "None",
    ...tlsSettings(spec),
    ...(runsWorkers(spec) && spec.workerOptions?.nanny === false && NANNY_ENVIRONMENT),
  };
}

function runsWorkers({ role, beside }: NodeSpec): boolean {
  return role === "worker" || beside !== undefined;
}

/** Overrides TLS settings of the image, its /etc/dask or a local cluster's user. */
function tlsSettings({ security, role, beside }: NodeSpec): Record<string, string> {
  const settings = Object.entries({ ...PLAIN_SETTINGS, ...PLAIN_DASHBOARD });
  const env = Object.fromEntries(settings.map(([key, value]) => [settingName(key), settingValue(value)]));
  if (security === undefined) return env;
  env["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] = "True";
  // Those that start-node.sh sets: it knows where the files are.
  const roles = beside === undefined ? role : "scheduler|worker";
  const set = new RegExp(`^DASK_DISTRIBUTED__COMM__TLS__(?:CA_FILE|(?:${roles}|client)__(?:CERT|KEY))$`, "i");
  return Object.fromEntries(Object.entries(env).filter(([name]) => !set.test(name)));
}

/** What a nanny gives its worker (`distributed.nanny.pre-spawn-environ` in distributed.yaml, 2022.12 to 2026.8). */
const NANNY_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_TRIM_THRESHOLD_: "65536",
  OMP_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
};
