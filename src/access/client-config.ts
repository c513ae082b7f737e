import { access, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { stringify } from "yaml";

import { settingName, settingValue } from "../bootstrap/env/env-vars.ts";
import type { DaskSetting } from "../bootstrap/node-spec.ts";
import { PLAIN_SETTINGS, isOfAnotherCluster, sameNames } from "../bootstrap/tls-settings.ts";
import type { Security } from "../security/security.ts";
import { writePrivateFile, writing } from "../state/private-file.ts";

/** What a Python `Client()` needs to find a cluster and to be admitted. */
export interface ClientConfig {
  readonly schedulerAddress: string;
  readonly security: Security | undefined;
}

const FILES = { "ca-file": "ca.pem", cert: "client-cert.pem", key: "client-key.pem" } as const;

/**
 * Environment variables for a Python client; TLS files as paths or as text. Every TLS setting is stated, unused ones as `None`: a
 * mapping cannot unset what another cluster left in the environment below it.
 *
 * @param outer the environment below: a setting that it spells in another way is repeated in that spelling
 */
export function clientEnvironment(
  config: ClientConfig,
  files: { readonly directory: string } | "inline",
  outer: NodeJS.ProcessEnv = {},
): Record<string, string> {
  const env: Record<string, string> = { DASK_SCHEDULER_ADDRESS: config.schedulerAddress };
  for (const [key, value] of Object.entries(settingsOf(config))) env[settingName(key)] = settingValue(value);
  // As plain text: Dask would read a literal, too, but people and other programs also read these.
  for (const [key, value] of Object.entries(filesOf(config, files))) env[settingName(key)] = value;
  return { ...env, ...sameNames(env, outer) };
}

/** The variables that would lead Dask to another cluster, each as `undefined`, which removes it. */
export function withoutOtherClusters(env: NodeJS.ProcessEnv): Record<string, undefined> {
  const foreign = Object.entries(env).filter(([name, value = ""]) => isOfAnotherCluster(name, value));
  return Object.fromEntries(foreign.map(([name]) => [name, undefined]));
}

function settingsOf({ security }: ClientConfig): Record<string, DaskSetting> {
  return { ...PLAIN_SETTINGS, ...security?.daskSettings() };
}

function filesOf({ security }: ClientConfig, files: { readonly directory: string } | "inline"): Record<string, string> {
  if (security === undefined) return {};
  const { ca, cert, key } = security.materialFor("client");
  const place = (file: string, text: string): string => (files === "inline" ? text : join(files.directory, file));
  return {
    "distributed.comm.tls.ca-file": place(FILES["ca-file"], ca),
    "distributed.comm.tls.client.cert": place(FILES.cert, cert),
    "distributed.comm.tls.client.key": place(FILES.key, key),
  };
}

/** Writes the client's TLS files (0600) into a directory (0700, created when missing). */
export async function writeClientFiles(security: Security, directory: string): Promise<void> {
  await writing(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
  const { ca, cert, key } = security.materialFor("client");
  await writePrivateFile(join(directory, FILES["ca-file"]), ca);
  await writePrivateFile(join(directory, FILES.cert), cert);
  await writePrivateFile(join(directory, FILES.key), key);
}

/** Replaces the client's certificate in a directory that {@link writeClientFiles} has written, unless it is gone. */
export async function renewClientFiles(security: Security, directory: string): Promise<void> {
  const path = join(directory, FILES.cert);
  if (
    await access(path).then(
      () => true,
      () => false,
    )
  )
    await writePrivateFile(path, security.materialFor("client").cert);
}

/**
 * Writes a configuration that Python's Dask reads when `DASK_CONFIG` names the directory; returns the YAML file's path. It states
 * every TLS setting, unused ones as null, because Dask merges it over other files.
 */
export async function writeClientConfiguration(config: ClientConfig, directory: string): Promise<string> {
  const absolute = resolve(directory);
  const path = join(absolute, "dask-fleet.yaml");
  const { schedulerAddress, security } = config;
  await writing(absolute, () => mkdir(absolute, { recursive: true, mode: 0o700 }));
  const content: Record<string, unknown> = { "scheduler-address": schedulerAddress };
  if (security !== undefined) await writeClientFiles(security, absolute);
  const settings = { ...settingsOf(config), ...filesOf(config, { directory: absolute }) };
  for (const [key, value] of Object.entries(settings)) setPath(content, key, value);
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
