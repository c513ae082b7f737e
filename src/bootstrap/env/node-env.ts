import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { type NodeTls, isJoin, isMaterial } from "../../security/node-tls.ts";
import { dockerArguments, imageReference } from "../docker/docker-args.ts";
import { nodeArguments, processesToShare } from "../node-arguments.ts";
import { joinDigest } from "../node-programs.ts";
import {
  DEFAULT_DOCKER_IMAGE,
  DEFAULT_JOIN_PORT,
  DEFAULT_NODE_PORTS,
  DEFAULT_START_TIMEOUT_MS,
  type NodeSpec,
} from "../node-spec.ts";
import { secretLocations } from "../secrets/secret-files.ts";
import { type EnvFileValue, parameterFile } from "./env-file.ts";
import { hasGate } from "./has-gate.ts";

/** The text of `node.env`: every parameter of the start script. `envNames`: the variables that go into a container. */
export function nodeEnv(spec: NodeSpec, envNames: readonly string[]): string {
  return parameterFile(parameters(spec, envNames));
}

/** The text of `worker.env`, for the workers beside a scheduler: what differs from `node.env`, which is read first. */
export function workerEnv(spec: NodeSpec): string {
  const { beside: { security } = {}, addressFrom } = spec;
  const worker: NodeSpec = { ...spec, role: "worker", security };
  const known = parameters(spec, []);
  const differing = Object.entries(parameters(worker, [])).filter(
    ([name, value]) => value !== undefined && !isDeepStrictEqual(value, known[name]),
  );
  return parameterFile({
    ...Object.fromEntries(differing),
    // They come with the scheduler's certificate.
    DASK_FLEET_JOIN_FILES: isJoin(security) ? "" : undefined,
    DASK_FLEET_PROCESSES: processesToShare(spec),
    DASK_FLEET_ADDRESS_FROM: addressFrom,
  });
}

function parameters(spec: NodeSpec, envNames: readonly string[]): Readonly<Record<string, EnvFileValue | undefined>> {
  const runtime = spec.runtime ?? "docker";
  const ports = spec.ports ?? DEFAULT_NODE_PORTS;
  const scheduler = spec.role === "scheduler";
  const { module, args } = nodeArguments(spec);
  const { security } = spec;
  const valid = validity(security);
  const join = isJoin(security) ? security : undefined;
  return {
    DASK_FLEET_CLUSTER: spec.clusterName,
    DASK_FLEET_ROLE: spec.role,
    DASK_FLEET_TLS: flag(spec.security !== undefined),
    DASK_FLEET_LOCATIONS: secretLocations(spec),
    DASK_FLEET_VALID_FROM: valid && seconds(valid.from),
    DASK_FLEET_VALID_UNTIL: valid && seconds(valid.until),
    DASK_FLEET_JOIN: join && flag(true),
    DASK_FLEET_JOIN_ID: join?.id,
    DASK_FLEET_JOIN_FILES: joinDigest(spec),
    DASK_FLEET_JOIN_PORT: join && String(ports.join ?? DEFAULT_JOIN_PORT),
    DASK_FLEET_SCHEDULER: scheduler ? undefined : spec.schedulerAddress,
    DASK_FLEET_PORT: scheduler ? String(ports.scheduler) : undefined,
    DASK_FLEET_DASHBOARD_PORT: scheduler ? String(ports.dashboard) : undefined,
    DASK_FLEET_GATE_PORT: scheduler && hasGate(spec) ? String(ports.gate) : undefined,
    DASK_FLEET_GATE_PLAIN: scheduler && spec.security === undefined ? flag(spec.gatePlain ?? false) : undefined,
    DASK_FLEET_HOST: spec.host,
    DASK_FLEET_NAME_FROM: spec.nameFrom,
    DASK_FLEET_RUNTIME: runtime,
    DASK_FLEET_PYTHON: spec.python ?? (runtime === "docker" ? "python" : "python3"),
    DASK_FLEET_PYTHON_ARGS: (spec.pythonArgs ?? []).length === 0 ? undefined : spec.pythonArgs,
    DASK_FLEET_IMAGE: runtime === "docker" ? imageReference(spec.dockerImage ?? DEFAULT_DOCKER_IMAGE) : undefined,
    ...(runtime === "docker" ? containerEnv(spec) : {}),
    DASK_FLEET_ENV_NAMES: runtime === "docker" ? envNames : undefined,
    DASK_FLEET_GPU: flag(spec.gpu ?? false),
    DASK_FLEET_MODULE: module,
    DASK_FLEET_ARGS: args,
    DASK_FLEET_START_TIMEOUT: String(Math.ceil((spec.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS) / 1000)),
    DASK_FLEET_EXPIRES_AT: spec.expiresAt && seconds(spec.expiresAt),
    DASK_FLEET_AUTO_SHUTDOWN: flag(spec.autoShutdown ?? false),
    DASK_FLEET_AUTO_UPDATES: spec.autoUpdates === true ? flag(true) : undefined,
    DASK_FLEET_LINGER: spec.lingers === false ? flag(false) : undefined,
  };
}

/**
 * When the node's certificate is valid, so that a machine whose clock is off can say so; undefined where it cannot be read. One that is
 * yet to be signed is valid no longer than its CA's.
 */
function validity(tls: NodeTls | undefined): { from: Date; until: Date } | undefined {
  if (tls === undefined || !(isMaterial(tls) || isJoin(tls))) return undefined;
  try {
    const { validFromDate: from, validToDate: until } = new X509Certificate(isJoin(tls) ? tls.ca : tls.cert);
    return { from, until };
  } catch {
    return undefined;
  }
}

function seconds(date: Date): string {
  return String(Math.floor(date.getTime() / 1000));
}

function flag(value: boolean): string {
  return value ? "1" : "0";
}

/**
 * The container's parameters for the start script. The machine is Dask's alone, so its container gets what a process of the machine
 * would have. Settings that the caller's arguments decide are left out: some options of podman do not take the last of two.
 */
export function containerEnv({ dockerArgs = [], gpu = false }: NodeSpec): Record<string, EnvFileValue> {
  const given = dockerArguments(dockerArgs);
  const gives = (...names: readonly string[]): boolean => given.some(({ name }) => names.includes(name));
  const limitsFiles = given.some(({ name, value = "" }) => name === "--ulimit" && value.startsWith("nofile="));
  const namesGpus = gives("--gpus") || given.some(({ value }) => value?.startsWith("nvidia.com/") === true);
  const user = given.findLast(({ name, value }) => name === "--user" && value !== undefined)?.value;
  return {
    DASK_FLEET_DOCKER_ARGS: [
      // Dask's output is in the journal already; Docker's copy would grow without a bound.
      ...(gives("--log-driver") ? [] : ["--log-driver", "none"]),
      ...dockerArgs,
    ],
    DASK_FLEET_DOCKER_USER: user?.split(":", 1)[0],
    DASK_FLEET_OWN_GPUS: gpu && !namesGpus ? "1" : undefined,
    DASK_FLEET_OWN_FILES: limitsFiles ? undefined : "1",
    DASK_FLEET_OWN_SHM: gives("--shm-size", "--ipc") ? undefined : "1",
    DASK_FLEET_OWN_INIT: gives("--init") ? undefined : "1",
    DASK_FLEET_OWN_ENTRYPOINT: gives("--entrypoint") ? undefined : "1",
  };
}
