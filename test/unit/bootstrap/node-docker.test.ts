import { describe, expect, test } from "vitest";

import { fakeSpec, fakeTls } from "./fake-spec.ts";
import { type Call, type ScriptRun, runStartScript } from "./start-script.ts";

/** An address without a listener. */
const host = "127.1.2.3";
const IMAGE = "registry.example.com/dask:1";
const IS_ROOT = process.getuid?.() === 0;

function scheduler(behaviour: string, dockerArgs: readonly string[] = [], startTimeoutMs = 60_000): ScriptRun {
  const spec = fakeSpec("scheduler", { host, dockerImage: IMAGE, dockerArgs, startTimeoutMs });
  return runStartScript(spec, "docker", behaviour, { sleep: 'echo "napped $1" >&2; exec /bin/sleep 0.02' });
}

const called = ({ calls }: ScriptRun, verb: string): readonly Call[] => calls.filter(({ argv }) => argv[0] === verb);

describe("an image", () => {
  const pulls = (line: string): ScriptRun =>
    scheduler(`case $1 in image) exit 1 ;; pull) echo '${line.replaceAll("'", `'\\''`)}' >&2; exit 1 ;; esac`);

  test.each([
    "Error response from daemon: manifest for dask/dask:0 not found: manifest unknown: manifest unknown",
    "Error response from daemon: failed to resolve reference: docker.io/dask/dask:0: not found",
    "Error response from daemon: pull access denied for x, repository does not exist or may require 'docker login'",
    'Error response from daemon: Head "https://ghcr.io/v2/x/manifests/1": denied',
    'Error response from daemon: Get "https://x/v2/": unauthorized: incorrect username or password',
    "no matching manifest for linux/arm64/v8 in the manifest list entries",
    "invalid reference format: repository name must be lowercase",
  ])("that is unavailable fails immediately: %s", (line) => {
    const run = pulls(line);
    expect(run).toMatchObject({
      status: 78,
      reason: `the image ${IMAGE} cannot be pulled: ${line}\n`,
      output: expect.stringContaining(`dask-fleet: gave up: the image ${IMAGE} cannot be pulled: ${line}\n`),
    });
    expect(called(run, "pull")).toHaveLength(1);
    expect(called(run, "run")).toHaveLength(0);
  });

  test.each([
    "toomanyrequests: You have reached your unauthenticated pull rate limit.",
    "error pulling image: received unexpected HTTP status: 503 Service Unavailable",
    'Get "https://registry.example.com/v2/": dial tcp 1.2.3.4:443: connect: connection refused',
    'Get "https://registry.example.com/v2/": net/http: TLS handshake timeout',
    'Get "https://x/v2/": dial tcp: lookup x on 127.0.0.53:53: no such host',
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "error parsing HTTP 408 response body: unauthorized: context canceled",
    "",
  ])("is pulled again, with back-off, while its registry answers: %s", (line) => {
    const run = scheduler(
      `case $1 in image) [[ -e $DASK_FLEET_ROOT/here ]] && echo ' null' ;;
       pull) if ((number < 9)); then echo '${line}' >&2; exit 1; fi; : >"$DASK_FLEET_ROOT/here" ;; esac`,
    );
    expect(run).toMatchObject({ status: 0, reason: undefined });
    const napped = (run.output.match(/(?<=napped )\d+$/gmu) ?? []).map(Number);
    expect(called(run, "pull")).toHaveLength(napped.length + 1);
    expect(napped.length).toBeGreaterThan(3);
    expect(napped).toEqual([...napped].sort((a, b) => a - b));
    expect(napped[0]).toBeGreaterThan(2);
    expect(called(run, "run")).toHaveLength(1);
  });

  test("that does not arrive in time fails the node with the last reason", () => {
    const spec = fakeSpec("scheduler", { host, dockerImage: IMAGE, startTimeoutMs: 1000 });
    const run = runStartScript(
      spec,
      "docker",
      "case $1 in image) exit 1 ;; pull) /bin/sleep 0.5; echo 'EOF' >&2; exit 1 ;; esac",
    );
    expect(run).toMatchObject({
      status: 124,
      reason: `the image ${IMAGE} could not be pulled within 1 s: EOF\n`,
      output: expect.not.stringContaining("another machine would fail"),
    });
  });
});

describe("a container gets what a process of the machine has", () => {
  const here = (user: string, entrypoint: string, then = "true"): string =>
    `case "$1 $2" in image*) echo '${user} ${entrypoint}' ;; *) ${then} ;; esac`;
  const options = (dockerArgs: readonly string[]): string =>
    (called(scheduler(here("", '["tini"]'), dockerArgs), "run")[0]?.argv ?? []).join(" ");

  test.each([
    [["--log-driver", "local"], " --log-driver none"],
    [["--log-driver=local"], " --log-driver none"],
    [["--ulimit", "nofile=5:5"], " --ulimit nofile=1"],
    [["--ulimit=nofile=5"], " --ulimit nofile=1"],
    [["--shm-size=1g"], " --shm-size "],
    [["--ipc", "host"], " --shm-size"],
  ])("unless the user overrides it: %s", (dockerArgs, ours) => {
    expect(options([])).toMatch(/ --ulimit nofile=(\d+):\1 --shm-size \d+k .* --log-driver none registry/u);
    expect(options(dockerArgs)).toContain(` ${dockerArgs.join(" ")} `);
    expect(options(dockerArgs)).not.toContain(ours);
    expect(options(["--ulimit", "nproc=5"])).toContain("--ulimit nofile=");
  });

  test("and restarts when Docker stops it, for example during an upgrade", () => {
    const dask = `[[ $1 == run ]] || exit 0
      echo "distributed.scheduler - INFO - here" >&2
      [[ -e $DASK_FLEET_ROOT/ended ]] || echo "distributed._signals - INFO - Received signal SIGTERM (15)" >&2
      : >"$DASK_FLEET_ROOT/ended"`;
    const run = scheduler(here("", "null", dask));
    expect(run).toMatchObject({
      status: 0,
      output: expect.stringContaining("Docker has ended the scheduler; another try"),
    });
    expect(called(run, "run")).toHaveLength(2);
  });

  test("and Docker's init if the image has none", () => {
    const run = (entrypoint: string, dockerArgs: readonly string[] = []): string => {
      const spec = fakeSpec("scheduler", { host, dockerArgs });
      const { calls } = runStartScript(spec, "docker", here("", entrypoint), { "docker-init": "true" });
      return (calls.find(({ argv }) => argv[0] === "run")?.argv ?? []).join(" ");
    };
    expect(run("null")).toContain(" --init --env");
    expect(run('["/init"]')).not.toContain("--init");
    expect(run("null", ["--init=false"])).not.toContain("--init --env");
    expect(options([])).not.toContain("--init");
  });

  describe.runIf(IS_ROOT)("and its TLS files, readable by its user", () => {
    const LOOK = `for each in "$@"; do case $each in */tls:/etc/dask-fleet/tls)
      stat --format '%n %a %u' "\${each%%:*}" "\${each%%:*}"/* >"$DASK_FLEET_ROOT/../look" ;; esac; done`;
    const seen = (image: string, dockerArgs: readonly string[] = [], id = "exit 1"): string => {
      const names = `[[ $* == *--entrypoint* ]] && { ${id}; }`;
      const run = scheduler(
        here(image, "null", `${names} || { ${LOOK}; cat "$DASK_FLEET_ROOT/../look"; }`),
        dockerArgs,
      );
      expect(run.status).toBe(0);
      expect(run.output).not.toContain(fakeTls("scheduler").key);
      return run.output
        .split("\n")
        .filter((line) => /\/tls(?:\/\w+\.pem)? \d+ \d+$/u.test(line))
        .map((line) => line.replace(run.root, ""))
        .join("\n");
    };
    const copies = (uid: number): string =>
      `/run/dask-fleet/tls 700 ${uid}\n${["ca", "cert", "key"].map((name) => `/run/dask-fleet/tls/${name}.pem 400 ${uid}`).join("\n")}`;
    const originals = expect.stringMatching(
      /^\/etc\/dask-fleet\/tls 7\d\d 0\n(?:\/etc\/dask-fleet\/tls\/\w+\.pem 600 0\n?){3}$/u,
    ) as string;

    test.each<[string, readonly string[], string, string]>([
      ["", [], "exit 1", originals],
      ["root:root", [], "exit 1", originals],
      ["1000:100", [], "exit 1", copies(1000)],
      ["jovyan", [], "echo 1001", copies(1001)],
      ["1000", ["--user", "0"], "exit 1", originals],
      ["", ["-u1002:5"], "exit 1", copies(1002)],
      ["1000", ["--user=nobody"], "echo 65534", copies(65_534)],
      ["unknown", [], "exit 125", originals],
    ])("user '%s' of the image, %s", (image, dockerArgs, id, expected) => {
      expect(seen(image, dockerArgs, id)).toEqual(expected);
    });

    test("and removed afterwards", () => {
      expect(scheduler(here("1000", "null")).left).not.toContain("tls");
    });
  });
});
