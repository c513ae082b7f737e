import { type JoinTls, type NodeTls, isJoin, isMaterial } from "../security/node-tls.ts";
import { checkSpec } from "./check-spec.ts";
import { hiddenDockerArgs } from "./docker/docker-args.ts";
import { exportFile } from "./env/env-file.ts";
import { nodeEnv, workerEnv } from "./env/node-env.ts";
import { DOCKER_DROP_IN, proxyEnv, proxyFile } from "./env/proxy-env.ts";
import { userEnv } from "./env/user-env.ts";
import { ETC, LIB, type MachineFile, START_SCRIPT, hiddenText } from "./machine-file.ts";
import { library, nodeParts, preloads } from "./node-programs.ts";
import type { NodeSpec } from "./node-spec.ts";
import { program } from "./program.ts";
import { secretLists, secretNames, secretProgram } from "./secrets/secret-files.ts";
import { withoutKeys } from "./secrets/without-keys.ts";

const UNITS = "/etc/systemd/system";

/**
 * Every file of this node's machine, templates included. gzip looks back 32 KiB only, so programs stand in the shortest of many orders
 * that were tried, and keys, which resemble nothing, come last.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a spec that could not work
 */
export function nodeFiles(spec: NodeSpec): readonly MachineFile[] {
  checkSpec(spec);
  return [...programFiles(spec), ...parameterFiles(spec), ...proxyFiles(spec), ...secretLists(spec), ...tlsFiles(spec)];
}

function parameterFiles(spec: NodeSpec): MachineFile[] {
  const { ours, given } = userEnv(spec);
  const names = [...new Set([...Object.keys(ours), ...Object.keys(given), ...secretNames(spec)])];
  const hidden = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, hiddenText(value)]));
  return [
    {
      path: `${ETC}/node.env`,
      mode: "0600",
      content: nodeEnv(spec, names),
      preview: nodeEnv({ ...spec, dockerArgs: hiddenDockerArgs(spec.dockerArgs ?? []) }, names),
    },
    ...(spec.beside === undefined
      ? []
      : [{ path: `${ETC}/worker.env`, mode: "0600" as const, content: workerEnv(spec) }]),
    {
      path: `${ETC}/user.env`,
      mode: "0600",
      content: exportFile({ ...ours, ...given }),
      preview: exportFile({ ...ours, ...hidden }),
    },
  ];
}

function proxyFiles(spec: NodeSpec): MachineFile[] {
  const values = proxyEnv(spec);
  if (Object.keys(values).length === 0) return [];
  const hidden = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hiddenText(value)]));
  const ofDocker = "/etc/systemd/system/docker.service.d/dask-fleet-proxy.conf";
  return [
    { path: `${ETC}/proxy.env`, mode: "0600", content: proxyFile(values), preview: proxyFile(hidden) },
    ...((spec.runtime ?? "docker") === "docker"
      ? [{ path: ofDocker, mode: "0644" as const, content: DOCKER_DROP_IN }]
      : []),
  ];
}

/** Each role has a folder of its own, so that a container sees no key but its own. gzip writes the CA, or one pair for both, only once. */
function tlsFiles({ security, beside }: NodeSpec): MachineFile[] {
  return [...materialFiles("tls", security), ...materialFiles("tls-worker", beside?.security)];
}

function materialFiles(folder: string, tls: NodeTls | undefined): MachineFile[] {
  if (isJoin(tls)) return joinMaterial(folder, tls);
  if (tls === undefined || !isMaterial(tls)) return [];
  const { ca, cert, key } = tls;
  return [
    { path: `${ETC}/${folder}/ca.pem`, mode: "0600", content: ca, preview: withoutKeys(ca) },
    { path: `${ETC}/${folder}/cert.pem`, mode: "0600", content: cert, preview: withoutKeys(cert) },
    { path: `${ETC}/${folder}/key.pem`, mode: "0600", content: key, preview: hiddenText(key) },
  ];
}

function joinMaterial(folder: string, { ca, token }: JoinTls): MachineFile[] {
  return [
    { path: `${ETC}/${folder}/ca.pem`, mode: "0600", content: ca, preview: withoutKeys(ca) },
    { path: `${ETC}/${folder}/token`, mode: "0600", content: token, preview: hiddenText(token) },
  ];
}

function programFiles(spec: NodeSpec): MachineFile[] {
  const bootstrap = spec.bootstrap ?? true;
  const docker = bootstrap && (spec.runtime ?? "docker") === "docker";
  const nvidia = bootstrap && (spec.gpu ?? false);
  const { preBootstrap = [], extraBootstrap = [] } = spec;
  return [
    unit("dask-node.service"),
    // systemd tells it its own name.
    ...(spec.beside === undefined ? [] : [{ ...unit("dask-node.service"), path: `${UNITS}/dask-worker.service` }]),
    { path: `${LIB}/machine.sh`, mode: "0755", content: program("machine.sh") },
    library("bootstrap-machine.sh", "0755"),
    ...(docker || nvidia ? [library("bootstrap-apt.sh", "0644")] : []),
    unit("dask-fleet-boot.service"),
    { path: START_SCRIPT, mode: "0755", content: program("start-node.sh") },
    nodeParts(spec),
    library("bootstrap-common.sh", "0644"),
    ...(docker ? [library("bootstrap-docker.sh", "0755")] : []),
    ...(nvidia ? [library("bootstrap-nvidia.sh", "0755")] : []),
    ...preloads(spec),
    ...joinPrograms(spec),
    // A machine that joins gets it with its certificate.
    ...(isJoin(spec.security) ? [] : secretProgram(spec)),
    ...commandFiles("bootstrap-pre.sh", preBootstrap),
    ...commandFiles("bootstrap-extra.sh", extraBootstrap),
    ...(spec.endScript === undefined ? [] : [endScript(spec.endScript)]),
  ];
}

function joinPrograms({ security, role, beside }: NodeSpec): MachineFile[] {
  if (!isJoin(security)) return [];
  const { identity } = security;
  return [
    library("join.py", "0644"),
    ...(role === "scheduler" ? [library("join_scheduler.py", "0644")] : []),
    ...(role === "worker" || beside !== undefined ? [library("join_worker.py", "0644")] : []),
    ...identityPrograms(identity),
  ];
}

/** What asks the cloud for a signed document about the machine. */
function identityPrograms(source: JoinTls["identity"]): MachineFile[] {
  if (source === undefined) return [];
  const asking = library(`identity_${source}.py`, "0644");
  return [library("identity_service.py", "0644"), { ...asking, path: `${LIB}/identity.py` }];
}

function unit(name: string): MachineFile {
  return { path: `${UNITS}/${name}`, mode: "0644", content: program(name) };
}

/** machine.sh knows it by this name, whichever it is. */
function endScript(name: string): MachineFile {
  return { path: `${LIB}/end.sh`, mode: "0755", content: program(name) };
}

/** The caller's own commands, if any. They can hold secrets. */
function commandFiles(name: string, commands: readonly string[]): MachineFile[] {
  if (commands.length === 0) return [];
  const preview = script(commands.map((command) => `# ${hiddenText(command)}`));
  return [{ path: `${ETC}/${name}`, mode: "0600", content: script(commands), preview }];
}

function script(commands: readonly string[]): string {
  return `set -e\n${commands.join("\n")}\n`;
}
