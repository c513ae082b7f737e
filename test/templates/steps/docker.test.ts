import { describe, expect, test } from "vitest";

import { type Ran, type Surroundings, runStep } from "./step.ts";

/** A docker.service that has not come up `failures` times, and what the daemon wrote into its journal. */
function commands(failures: number, journal = ""): Readonly<Record<string, string>> {
  const started = `(($(grep -c 'systemctl restart' "$MACHINE/calls") > ${failures}))`;
  return {
    systemctl: `case "$*" in
      "--quiet is-active"*) exit 3 ;;
      "enable --now docker.service") exit ${failures === 0 ? 0 : 1} ;;
      restart*) ${started} || { echo "Job for docker.service failed because the control process exited with error code." >&2; exit 1; } ;;
      is-system-running) echo running ;;
    esac`,
    docker: failures === 0 ? "exit 0" : `${started} || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }`,
    journalctl: `cat <<'END'\n${journal}\nEND`,
  };
}

async function docker(surroundings: Surroundings): Promise<Ran> {
  return await runStep("bash $LIB/bootstrap-docker.sh", surroundings);
}

describe.concurrent("Docker that does not start", () => {
  test.each([
    [
      "a daemon.json that is none",
      `unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character '}' looking for beginning of object key string`,
    ],
    [
      "a kernel without what its network needs",
      'failed to start daemon: Error initializing network controller: error obtaining controller instance: failed to register "bridge" driver: failed to create NAT chain DOCKER: iptables failed: iptables --wait -t nat -N DOCKER: iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Invalid argument',
    ],
    ["a disk that is full", "failed to start daemon: mkdir /var/lib/docker: no space left on device"],
    ["a storage driver", "failed to start daemon: error initializing graphdriver: driver not supported: btrfs"],
  ])("because of %s fails soon, with the daemon's output", async (_, words) => {
    const info = `time="2026-11-29T17:00:00Z" level=info msg="Starting up"`;
    const ran = await docker({ commands: commands(99, `${info}\n${words}\n (exit status 4)`) });
    expect(ran.reason?.trim()).toMatch(/^waiting for Docker: Docker does not start: (?:failed|unable) to /u);
    expect(ran.reason).toContain(words.slice(-100));
    expect(ran.status).toBe(78);
    expect(ran.seconds).toBeLessThan(20);
  });

  test("because containerd is not up yet is retried", async () => {
    const words = `time="2026-11-29T17:00:00Z" level=fatal msg="failed to start daemon: failed to dial \\"/run/containerd/containerd.sock\\": timeout"`;
    const ran = await docker({ commands: commands(2, words) });
    expect(ran).toMatchObject({ status: 0, reason: undefined });
    expect(ran.output).toContain("Docker does not start yet: ");
  });

  test("without a reason says so at the deadline", async () => {
    const ran = await docker({ commands: { ...commands(99), journalctl: "exit 1" }, seconds: 5 });
    expect(ran.reason).toMatch(/Docker does not start: its journal does not say why/u);
  });
});

test.concurrent("a docker command without a daemon is reported", async () => {
  const systemctl = 'case "$*" in is-system-running) echo running ;; *) exit 1 ;; esac';
  const docker = 'echo "Cannot connect to the Docker daemon" >&2; exit 1';
  const ran = await runStep("bash $LIB/bootstrap-docker.sh", { commands: { systemctl, docker } });
  expect(ran).toMatchObject({
    status: 78,
    reason: "waiting for Docker: Docker does not start: there is a docker command, and no docker.service\n",
  });
});

test.concurrent("a distribution without Docker packages is reported at once", async () => {
  const files = { "/etc/os-release": 'ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n' };
  const ran = await runStep(`PATH=$MACHINE/bin:/var/few; bash $LIB/bootstrap-docker.sh`, {
    commands: { systemctl: "true" },
    before: "mkdir /var/few; ln -s /usr/bin/{bash,mkdir,sed,grep,tail,cat,timeout} /var/few/",
    files,
  });
  expect(ran).toMatchObject({
    status: 78,
    reason: "Docker can only be installed on Ubuntu and Debian, not on Fedora Linux 43: use an image that has it\n",
  });
});

test.concurrent("an installation interrupted by a power cycle runs again, although there is a docker command", async () => {
  const files = {
    "/etc/os-release": "ID=debian\nVERSION_CODENAME=bookworm\n",
    "/etc/dask-fleet/steps/installing-docker": "",
  };
  const gpg = "printf 'pub:\\nfpr:::::::::9DC858229FC7DD38854AE2D88D81803C0EBFCD88:\\n'";
  const ran = await runStep(
    "bash $LIB/bootstrap-docker.sh; ls /etc/dask-fleet/steps; cat /etc/apt/sources.list.d/docker.list",
    {
      commands: { ...commands(0), "apt-get": "true", curl: "touch /run/dask-fleet/key", gpg, "dpkg-query": "true" },
      files: { ...files, "/etc/ssl/certs/ca-certificates.crt": "" },
    },
  );
  expect(ran.status).toBe(0);
  expect(ran.calls.join("\n")).toMatch(/apt-get .* install --yes .*docker-ce docker-ce-cli containerd\.io/u);
  expect(ran.output).not.toContain("installing-docker");
  expect(ran.output).toContain("https://download.docker.com/linux/debian bookworm stable");
});
