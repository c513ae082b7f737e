import { dockerArguments } from "../docker/docker-args.ts";
import type { NodeSpec } from "../node-spec.ts";
import type { EnvFileValue } from "./env-file.ts";

/**
 * What the start script is told of the container. The machine is Dask's alone, so its container has what a process of the machine
 * would have. What the caller's own arguments decide is left out, not only put before: not every option of podman's takes the last
 * of two.
 */
export function containerEnv({ dockerArgs = [], gpu = false }: NodeSpec): Record<string, EnvFileValue> {
  const given = dockerArguments(dockerArgs);
  const gives = (...names: readonly string[]): boolean => given.some(({ name }) => names.includes(name));
  const limitsFiles = given.some(({ name, value = "" }) => name === "--ulimit" && value.startsWith("nofile="));
  const namesGpus = gives("--gpus") || given.some(({ value }) => value?.startsWith("nvidia.com/") === true);
  const user = given.findLast(({ name, value }) => name === "--user" && value !== undefined)?.value;
  return {
    DASK_FLEET_DOCKER_ARGS: [
      // What Dask says is in the journal already; Docker's own copy would grow without a bound.
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
