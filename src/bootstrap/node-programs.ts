import { createHash } from "node:crypto";
import { basename } from "node:path/posix";

import { isFetched, isJoin } from "../security/node-tls.ts";
import { hasGate } from "./env/has-gate.ts";
import { LIB, type MachineFile } from "./machine-file.ts";
import type { NodeSpec } from "./node-spec.ts";
import { program } from "./program.ts";
import { fetchesSecrets, secretProgram } from "./secrets/secret-files.ts";

/**
 * What a machine that asks for its certificate gets with it, because nothing needs it before, and user data has little room: a JSON object
 * of texts by their names in `/etc/dask-fleet/lib`. The user data says its digest: workers get it through their scheduler, who is no
 * master of what runs as root there. Undefined for every other machine.
 */
export function joinFiles(spec: NodeSpec): string | undefined {
  if (!isJoin(spec.security)) return undefined;
  const preloads = preloadNames(spec).map((name) => [name, program(name)] as const);
  const fetching = secretProgram(spec).map(({ path, content }) => [basename(path), content] as const);
  const parts = [...fetchParts(spec), ...lateParts(spec)];
  return JSON.stringify({ "node-role.sh": partsText(parts), ...Object.fromEntries([...fetching, ...preloads]) });
}

/** By which a machine knows its {@link joinFiles}. */
export function joinDigest(spec: NodeSpec): string | undefined {
  const files = joinFiles(spec);
  return files === undefined ? undefined : createHash("sha256").update(files).digest("hex");
}

/** All that start-node.sh sources of a machine's user data, in one file: each further file costs some 25 compressed bytes. */
export function nodeParts(spec: NodeSpec): MachineFile {
  const parts = isJoin(spec.security)
    ? ["join", ...earlyParts(spec)]
    : [...earlyParts(spec), ...fetchParts(spec), ...lateParts(spec)];
  return { path: `${LIB}/node-parts.sh`, mode: "0644", content: partsText(parts) };
}

/** What Dask loads at its start, where the user data brings it. */
export function preloads(spec: NodeSpec): MachineFile[] {
  return isJoin(spec.security) ? [] : preloadNames(spec).map((name) => library(name, "0644"));
}

export function library(name: string, mode: "0644" | "0755"): MachineFile {
  return { path: `${LIB}/${name}`, mode, content: program(name) };
}

/** Until the machine has all that Dask needs. */
function earlyParts(spec: NodeSpec): readonly string[] {
  const isNamed = spec.role === "worker" || spec.beside !== undefined || isJoin(spec.security);
  return [
    "clock",
    // The launcher does not know how long what a machine fetches is valid.
    ...(isFetched(spec.security) ? [] : ["validity"]),
    "tries",
    ...(isNamed ? ["name"] : []),
    ...(spec.role === "worker" ? ["remote"] : []),
    spec.runtime ?? "docker",
  ];
}

function fetchParts(spec: NodeSpec): readonly string[] {
  return fetchesSecrets(spec) ? ["fetch"] : [];
}

/** From then on. */
function lateParts(spec: NodeSpec): readonly string[] {
  const inDocker = (spec.runtime ?? "docker") === "docker";
  const beside = spec.beside === undefined ? [] : ["worker", "beside"];
  return [
    "run",
    ...(inDocker ? ["container"] : []),
    "judge",
    ...(spec.role === "worker" ? ["worker"] : ["scheduler", ...beside]),
    ...(inDocker && spec.gpu === true ? ["gpu"] : []),
  ];
}

function preloadNames(spec: NodeSpec): readonly string[] {
  // Beside what fetches, or both roles' programs, there is no room for the gate in user data: the agent brings it (templates/agent/gate.py).
  const isShort = isFetched(spec.security) || (spec.beside !== undefined && !isJoin(spec.security));
  const gate = hasGate(spec) && !isShort ? ["dask_fleet_gate.py"] : [];
  return [...gate, "dask_fleet_loader.py"];
}

function partsText(parts: readonly string[]): string {
  return parts.map((part) => program(`node-${part}.sh`).replace(/^#!.*\n/u, "")).join("");
}
