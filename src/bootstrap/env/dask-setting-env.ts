import { invalid } from "../../options/invalid.ts";
import type { DaskSetting } from "../node-spec.ts";

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
