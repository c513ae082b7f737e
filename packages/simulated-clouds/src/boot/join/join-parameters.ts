import { ETC } from "../../dask-fleet.ts";
import type { Told } from "../told.ts";

/** What the user data of a machine says that makes its own key (`templates/join.py`). */
export interface JoinParameters {
  readonly ca: string;
  readonly token: Buffer;
  /** The id in the names of the cluster's certificates. */
  readonly id: string;
  /** SHA-256 of what comes with the certificate, hexadecimal; empty for nothing. */
  readonly digest: string;
  /** Where workers ask, on the scheduler's machine. */
  readonly port: number;
}

/** Undefined for a machine whose user data holds its key, or that has no TLS. */
export function joinParameters({ env, files }: Told): JoinParameters | undefined {
  if (env["DASK_FLEET_JOIN"] !== "1") return undefined;
  const read = (name: string): string => {
    const text = files.get(`${ETC}/tls/${name}`);
    if (text === undefined) throw new Error(`${ETC}/tls/${name} is missing: no certificate can be asked for`);
    return text;
  };
  return {
    ca: read("ca.pem"),
    token: Buffer.from(read("token"), "hex"),
    id: env["DASK_FLEET_JOIN_ID"] ?? "",
    digest: env["DASK_FLEET_JOIN_FILES"] ?? "",
    port: Number(env["DASK_FLEET_JOIN_PORT"]),
  };
}
