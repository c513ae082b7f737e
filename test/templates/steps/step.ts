import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const TEMPLATES = fileURLToPath(new URL("../../../templates", import.meta.url));

/** A machine as a step of the bootstrap finds it. */
export interface Surroundings {
  /** Commands of ours before the machine's own on PATH: the body of a bash script by name. Each call is noted. */
  readonly commands?: Readonly<Record<string, string>>;
  /** Files by path, below `/etc`, `/var`, `/run` or `/sys/bus/pci/devices`: nothing else of the machine can be changed. */
  readonly files?: Readonly<Record<string, string>>;
  /** Bash that runs before the step: locks that are held, disks that are small. */
  readonly before?: string;
  /** Seconds until the boot's deadline. Default: 60. */
  readonly seconds?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Bash that gives the machine a kernel's module beside those of the running kernel, whatever this computer has. */
export function otherKernel(release: string, module: string): string {
  return `mkdir -p /var/lower /var/upper /var/work
    mount -t overlay overlay -o lowerdir=/usr/lib,upperdir=/var/upper,workdir=/var/work /usr/lib
    mkdir -p /usr/lib/modules; mount -t tmpfs none /usr/lib/modules
    mkdir /usr/lib/modules/${release}; touch /usr/lib/modules/${release}/{modules.dep,${module}}`;
}

export interface Ran {
  readonly status: number | null;
  readonly output: string;
  readonly calls: readonly string[];
  /** What it left in /run/dask-fleet/reason. */
  readonly reason: string | undefined;
  readonly seconds: number;
}

/** A machine's /etc, /var, /run and PCI devices, of this process alone; apt and dpkg have an empty database of their own. */
const ENTER = `
set -e
cp -a /etc/alternatives "$MACHINE"/
for place in /etc /var /run; do mount -t tmpfs none $place; done
if [[ -d /sys/bus/pci/devices ]]; then mount -t tmpfs none /sys/bus/pci/devices; fi
mkdir -p /etc/apt/{apt.conf.d,keyrings,preferences.d,sources.list.d,trusted.gpg.d} /etc/dpkg /etc/dask-fleet /etc/systemd/system
mkdir -p /var/lib/dpkg/{info,updates,triggers} /var/lib/apt/lists/partial /var/cache/apt/archives/partial /var/log/apt /var/tmp
mv "$MACHINE"/alternatives /etc/
touch /var/lib/dpkg/status /var/lib/dpkg/available
printf 'root:x:0:0::/root:/bin/bash\\n_apt:x:42:65534::/:/bin/false\\n' >/etc/passwd
printf 'root:x:0:\\n' >/etc/group
echo 'APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/test
cp -a "$MACHINE"/lib /etc/dask-fleet/lib
if [[ -e $MACHINE/files ]]; then cp -r "$MACHINE"/files/. /; fi
read -r up _ </proc/uptime
export DASK_FLEET_BOOT_DEADLINE=$((\${up%%.*} + SECONDS_LEFT))
eval "$BEFORE"
# What the test has begun must not hold the output open.
trap 'jobs=$(jobs -p); if [[ -n $jobs ]]; then kill $jobs; fi' EXIT
status=0
bash -c "$STEP" || status=$?
cp /run/dask-fleet/reason "$MACHINE"/reason 2>/dev/null || true
exit $status`;

/** Runs bash as root of a machine; the bootstrap's scripts are in /etc/dask-fleet/lib, a step is `bash $LIB/bootstrap-x.sh`. */
export async function runStep(step: string, surroundings: Surroundings = {}): Promise<Ran> {
  const { commands = {}, files = {}, before = "", seconds = 60, env = {} } = surroundings;
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-step-"));
  const put = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { mode: 0o755 });
  };
  try {
    const steps = ["common", "machine", "apt", "docker", "nvidia"].map((name) => `bootstrap-${name}.sh`);
    for (const name of ["guard.sh", ...steps]) {
      await put(`lib/${name}`, await readFile(join(TEMPLATES, name), "utf8"));
    }
    for (const [path, content] of Object.entries(files)) await put(`files${path}`, content);
    for (const [name, body] of Object.entries(commands)) {
      await put(`bin/${name}`, `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>"$MACHINE/calls"\n${body}\n`);
    }
    await put("calls", "");
    const startedAt = performance.now();
    const child = spawn(
      "unshare",
      ["--mount", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", ENTER],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: `${join(directory, "bin")}:/usr/sbin:/usr/bin:/sbin:/bin`,
          MACHINE: directory,
          LIB: "/etc/dask-fleet/lib",
          STEP: step,
          BEFORE: before,
          SECONDS_LEFT: String(seconds),
          ...env,
        },
      },
    );
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    const [status, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return {
      status,
      output: `${out}${error}`,
      calls: (await readFile(join(directory, "calls"), "utf8")).split("\n").slice(0, -1),
      reason: await readFile(join(directory, "reason"), "utf8").catch(() => undefined),
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
