import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { stringify } from "yaml";

import { settingName, settingValue } from "../machine/dask-setting-env.ts";
import type { Security } from "../security/security.ts";
import { writePrivateFile } from "../state/private-file.ts";

/** What a Python `Client()` needs to find a cluster and to be let in. */
export interface ClientConfig {
  readonly schedulerAddress: string;
  readonly security: Security | undefined;
}

const FILES = { "ca-file": "ca.pem", cert: "client-cert.pem", key: "client-key.pem" } as const;

/** Environment variables for a Python client; the TLS files are named by path, or given as text. */
export function clientEnvironment(
  { schedulerAddress, security }: ClientConfig,
  files: { readonly directory: string } | "inline",
): Record<string, string> {
  const env: Record<string, string> = { DASK_SCHEDULER_ADDRESS: schedulerAddress };
  if (security === undefined) return env;
  const { ca, cert, key } = security.materialFor("client");
  const place = (file: string, text: string): string => (files === "inline" ? text : join(files.directory, file));
  env["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = place(FILES["ca-file"], ca);
  env["DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT"] = place(FILES.cert, cert);
  env["DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY"] = place(FILES.key, key);
  for (const [name, value] of Object.entries(security.daskSettings())) env[settingName(name)] = settingValue(value);
  return env;
}

/** Writes the client's TLS files (0600) into a directory (made 0700 when it is not there). */
export async function writeClientFiles(security: Security, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { ca, cert, key } = security.materialFor("client");
  await writePrivateFile(join(directory, FILES["ca-file"]), ca);
  await writePrivateFile(join(directory, FILES.cert), cert);
  await writePrivateFile(join(directory, FILES.key), key);
}

/** Writes a configuration that Python's Dask reads when `DASK_CONFIG` names the directory; returns the YAML file's path. */
export async function writeClientConfiguration(config: ClientConfig, directory: string): Promise<string> {
  const absolute = resolve(directory);
  const path = join(absolute, "dask-fleet.yaml");
  const { schedulerAddress, security } = config;
  await mkdir(absolute, { recursive: true, mode: 0o700 });
  const content: Record<string, unknown> = { "scheduler-address": schedulerAddress };
  if (security !== undefined) {
    await writeClientFiles(security, absolute);
    setPath(content, "distributed.comm.tls.ca-file", join(absolute, FILES["ca-file"]));
    setPath(content, "distributed.comm.tls.client.cert", join(absolute, FILES.cert));
    setPath(content, "distributed.comm.tls.client.key", join(absolute, FILES.key));
    for (const [name, value] of Object.entries(security.daskSettings())) setPath(content, name, value);
  }
  await writePrivateFile(path, stringify(content));
  return path;
}

function setPath(tree: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop() ?? path;
  let node = tree;
  for (const name of names) node = (node[name] ??= {}) as Record<string, unknown>;
  node[last] = value;
}
