import { expect, test } from "vitest";

import { fakeSpec } from "./fake-spec.ts";
import { type ScriptRun, runStartScript } from "./start-script.ts";

const IMAGE = "registry.example.com/dask:1";
const ANSWERS = 'echo "GPU 0: NVIDIA T4 (UUID: GPU-1)"';

function start(
  docker: string,
  others: Readonly<Record<string, string>> = {},
  dockerArgs: readonly string[] = [],
): ScriptRun {
  const spec = fakeSpec("scheduler", { host: "127.1.2.3", gpu: true, dockerArgs, dockerImage: IMAGE });
  const behaviour = `case $1 in image) echo ' null' ;; ${docker} esac`;
  return runStartScript(spec, "docker", behaviour, { "nvidia-smi": ANSWERS, ...others });
}

function gpuArguments({ calls }: ScriptRun): readonly string[] {
  const argv = calls.find(({ argv: [verb] }) => verb === "run")?.argv ?? [];
  return argv.slice(0, argv.indexOf(IMAGE)).filter((word) => /^--gpus|^--device|nvidia|^all$|^2$/u.test(word));
}

const DOCKER = "--version) echo 'Docker version 29.1.0' ;;";
const CDI = `${DOCKER} info) echo '[/etc/cdi /var/run/cdi]'; mkdir -p "$DASK_FLEET_ROOT/etc/cdi"
  echo 'kind: nvidia.com/gpu' >"$DASK_FLEET_ROOT/etc/cdi/nvidia.yaml" ;;`;
const HOOK = { "nvidia-container-runtime-hook": "true" };

test.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    "podman gets GPUs as CDI devices",
    "--version) echo 'podman version 4.9.3' ;;",
    HOOK,
    ["--device", "nvidia.com/gpu=all"],
  ],
  ["Docker gets GPUs through NVIDIA's hook", CDI, HOOK, ["--gpus", "all"]],
  ["Docker without the hook gets GPUs as CDI devices, if it knows any", CDI, {}, ["--device", "nvidia.com/gpu=all"]],
  ["Docker without either reports it in its own words", DOCKER, {}, ["--gpus", "all"]],
])("%s", (_, docker, others, expected) => {
  const run = start(docker, others);
  expect(run.status).toBe(0);
  expect(gpuArguments(run)).toEqual(expected);
});

test.each([[["--gpus", "2"]], [["--device=nvidia.com/gpu=0"]], [["--device", "nvidia.com/gpu=0"]]])(
  "the user's GPU options replace the defaults: %s",
  (dockerArgs) => {
    expect(gpuArguments(start(DOCKER, HOOK, dockerArgs))).toEqual(dockerArgs);
  },
);

test("an unresponsive GPU keeps the node from joining, with nvidia-smi's own message", () => {
  const run = start(DOCKER, {
    "nvidia-smi": "echo 'Unable to determine the device handle for GPU0: 0000:00:1E.0: Unknown Error'; exit 255",
  });
  expect(run).toMatchObject({
    status: 1,
    reason: "the GPU does not answer: Unable to determine the device handle for GPU0: 0000:00:1E.0: Unknown Error\n",
  });
  expect(run.calls.map(({ argv }) => argv[0])).not.toContain("run");
});

test("an image too large for the disk is reported with the free space", () => {
  const words = "write /var/lib/docker/tmp/GetImageBlob1: no space left on device";
  const spec = fakeSpec("scheduler", { host: "127.1.2.3" });
  const run = runStartScript(spec, "docker", `case $1 in image) exit 1 ;; pull) echo '${words}' >&2; exit 1 ;; esac`);
  expect(run.status).toBe(78);
  expect(run.reason).toContain(`cannot be pulled: ${words}; /`);
  expect(run.reason).toMatch(/\/ has \d+ MB left/u);
});
