import { describe, expect, test } from "vitest";

import { type Ran, type Surroundings, otherKernel, runStep } from "./step.ts";

const T4 = "0x1eb8";
const V100 = "0x1db1";
const H100 = "0x2330";
const B200 = "0x2901";
const GPU = "0x030200";
const NVSWITCH = "0x068000";

/** PCI devices of NVIDIA's by id and class, and one of another maker. */
function devices(...given: readonly (readonly [id: string, kind: string])[]): Readonly<Record<string, string>> {
  const all = [...given.map(([id, kind]) => [id, kind, "0x10de"]), ["0x1237", "0x060000", "0x8086"]];
  return Object.fromEntries(
    all.flatMap(([id, kind, vendor], place) =>
      Object.entries({ device: id, class: kind, vendor }).map(([name, value]) => [
        `/sys/bus/pci/devices/0000:00:${place}.0/${name}`,
        `${value}\n`,
      ]),
    ),
  );
}

const LIST = [570, 580].flatMap((branch) =>
  ["", "-server", "-open", "-server-open"].map(
    (kind) =>
      `nvidia-headless-no-dkms-${branch}${kind}, (kernel modules provided by linux-modules-nvidia-${branch}${kind}-aws)`,
  ),
);
/** The driver answers once `ubuntu-drivers install`, or apt's installation of it, was called. */
const installed = `grep -q -E 'ubuntu-drivers install|install .*nvidia-driver|works' "$MACHINE/calls"`;
const commands = {
  "apt-get": "true",
  "apt-cache": "true",
  "dpkg-query": "true",
  curl: "true",
  systemctl: "if [[ $* == is-system-running ]]; then echo running; fi",
  modinfo: "true",
  dmesg: "true",
  sleep: "[[ $1 != 600 ]] || exit 9",
  "ubuntu-drivers": `if [[ $1 == list ]]; then printf '%s\\n' ${LIST.map((line) => `'${line}'`).join(" ")}; fi`,
  modprobe: "true",
  "nvidia-smi": `if [[ $* == *driver_version* ]]; then echo 570.86.15; exit; fi
    if ${installed}; then echo "GPU 0: NVIDIA (UUID: GPU-1)"; exit; fi
    echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."; exit 9`,
  "nvidia-ctk": "true",
  docker: `if [[ $1 == --version ]]; then echo "Docker version 29.1.0"; fi`,
};
const UBUNTU = { "/etc/os-release": "ID=ubuntu\nVERSION_CODENAME=noble\n", "/etc/docker/daemon.json": "{}" };
const DEBIAN = { "/etc/os-release": "ID=debian\nVERSION_CODENAME=bookworm\n", "/etc/docker/daemon.json": "{}" };

async function nvidia(surroundings: Surroundings, times = 1): Promise<Ran> {
  const step = Array.from({ length: times }, () => "bash $LIB/bootstrap-nvidia.sh").join("; ");
  return await runStep(step, { ...surroundings, commands: { ...commands, ...surroundings.commands } });
}

const drivers = ({ calls }: Ran): readonly string[] =>
  calls.filter((call) => call.startsWith("ubuntu-drivers install"));

describe.concurrent("on Ubuntu", () => {
  test.each([
    ["open modules for Blackwell, which knows no others", B200, "580-server-open"],
    ["open modules for Hopper", H100, "580-server-open"],
    ["open modules for Turing", T4, "580-server-open"],
    ["closed ones for Volta, which knows no open ones", V100, "580-server"],
  ])("%s", async (_, id, flavour) => {
    const ran = await nvidia({ files: { ...UBUNTU, ...devices([id, GPU]) } });
    expect(ran).toMatchObject({ status: 0, reason: undefined });
    expect(drivers(ran)).toEqual([`ubuntu-drivers install --gpgpu nvidia:${flavour}`]);
    expect(ran.calls.join("\n")).toContain("nvidia-utils-580-server");
    expect(ran.output).toContain("GPU 0: NVIDIA");
  });

  test("names of older ubuntu-drivers releases are read, and drivers without modules for this kernel skipped", async () => {
    const list = `echo "nvidia-driver-550-server-open
nvidia-driver-570-server-open, (kernel modules provided by linux-modules-nvidia-570-server-open-generic)
nvidia-driver-580-server-open, (kernel modules provided by None)"`;
    const ran = await nvidia({ files: { ...UBUNTU, ...devices([T4, GPU]) }, commands: { "ubuntu-drivers": list } });
    expect(drivers(ran)).toEqual(["ubuntu-drivers install --gpgpu nvidia:570-server-open"]);
  });

  test("a GPU that needs open modules gets only those", async () => {
    const list = `echo "nvidia-driver-535-server, (kernel modules provided by linux-modules-nvidia-535-server-generic)"`;
    const ran = await nvidia({ files: { ...UBUNTU, ...devices([B200, GPU]) }, commands: { "ubuntu-drivers": list } });
    expect(ran.reason).toMatch(/^Ubuntu has no NVIDIA server driver for this GPU and kernel /u);
    expect(ran.status).toBe(78);
  });

  test("a busy apt below ubuntu-drivers is waited for", async () => {
    const busy = `${commands["ubuntu-drivers"]}
      if [[ $1 == install ]] && (($(grep -c "drivers install" "$MACHINE/calls") < 3)); then
        echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9 (unattended-upgr)" >&2; exit 100
      fi`;
    const ran = await nvidia({ files: { ...UBUNTU, ...devices([T4, GPU]) }, commands: { "ubuntu-drivers": busy } });
    expect(ran.status).toBe(0);
    expect(drivers(ran)).toHaveLength(3);
    expect(ran.output).toContain("held by process 9 (unattended-upgr); another try in 2 s");
  });

  test("GPUs joined by NVSwitch get the Fabric Manager of the driver's exact version", async () => {
    const switches = { ...UBUNTU, ...devices([H100, GPU], ["0x22a3", NVSWITCH]) };
    const absent = `case "$*" in "cat nvidia-fabricmanager.service") exit 1 ;; is-system-running) echo running ;; esac`;
    const madison = `echo " nvidia-fabricmanager-570 | 570.86.15-0ubuntu0.24.04.1 | http://archive noble/multiverse"`;
    const ran = await nvidia({ files: switches, commands: { systemctl: absent, "apt-cache": madison } });
    expect(ran.status).toBe(0);
    expect(ran.calls.join("\n")).toContain("nvidia-fabricmanager-570=570.86.15-0ubuntu0.24.04.1");
    expect(ran.calls).toContain("systemctl enable --now nvidia-fabricmanager.service");
    const none = await nvidia({ files: switches, commands: { systemctl: absent } });
    expect(none.reason).toMatch(
      /^NVSwitch joins this machine's GPUs, and no repository has nvidia-fabricmanager-570 570\.86\.15/u,
    );
  });
});

describe.concurrent("on Debian", () => {
  test("headers gone from the mirror are replaced with a matching kernel, and the machine reboots once into it", async () => {
    const gone = `if [[ $* == *linux-headers-6.1.0-28-cloud-amd64* ]]; then echo "E: Unable to locate package" >&2; exit 100; fi
      if [[ $* == *nvidia-driver* ]]; then touch /lib/modules/6.1.0-40-cloud-amd64/nvidia.ko; fi`;
    const away = `[[ -e /run/rebooted ]] || { echo "modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.1.0-28-cloud-amd64"; exit 1; }`;
    const ran = await nvidia(
      {
        files: { ...DEBIAN, ...devices([V100, GPU]) },
        before: otherKernel("6.1.0-40-cloud-amd64", "veth.ko"),
        commands: {
          "apt-get": gone,
          uname: "echo 6.1.0-28-cloud-amd64",
          modprobe: away,
          systemctl: `if [[ $1 == reboot ]]; then touch /run/rebooted; fi; if [[ $* == is-system-running ]]; then echo running; fi`,
          "nvidia-smi": `[[ -e /run/rebooted ]] && echo "GPU 0: NVIDIA"`,
        },
      },
      2,
    );
    expect(ran.calls.join("\n")).toContain("linux-image-cloud-amd64 linux-headers-cloud-amd64");
    expect(ran.output).toContain(
      "rebooting, once: the NVIDIA driver needs it (modprobe: FATAL: Module nvidia not found",
    );
    expect(ran.calls.filter((call) => call === "systemctl reboot")).toHaveLength(1);
    expect(ran).toMatchObject({ status: 0 });
  });

  test("a driver too old for the GPU is reported before its download", async () => {
    const policy = `echo "  Candidate: 535.261.03-1~deb12u1"`;
    const ran = await nvidia({ files: { ...DEBIAN, ...devices([B200, GPU]) }, commands: { "apt-cache": policy } });
    expect(ran).toMatchObject({
      status: 78,
      reason: "this GPU needs driver 570 or newer, and Debian has 535: use Ubuntu, or an image that has the driver\n",
    });
    expect(ran.calls.join("\n")).not.toContain("nvidia-driver nvidia-smi");
  });
});

describe.concurrent("a driver that does not answer", () => {
  const files = { ...UBUNTU, ...devices([T4, GPU]) };

  test("because of Secure Boot is reported as such", async () => {
    const modprobe = `echo "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service" >&2; exit 1`;
    const ran = await nvidia({ files, commands: { modprobe, "nvidia-smi": "echo has failed; exit 9" } });
    expect(ran.status).toBe(78);
    expect(ran.reason).toMatch(
      /^Secure Boot refuses the NVIDIA module \(modprobe: ERROR: .*Key was rejected by service\): /u,
    );
  });

  test("is reported with its own output and the kernel's", async () => {
    const dmesg = `echo "[ 9.1] NVRM: loading NVIDIA UNIX x86_64 Kernel Module
[ 9.2] NVRM: installed in this system requires use of the NVIDIA open kernel modules."`;
    const ran = await nvidia({ files, commands: { dmesg, "nvidia-smi": 'echo "No devices were found"; exit 6' } });
    expect(ran.reason).toMatch(
      /^the NVIDIA driver does not answer: No devices were found .*requires use of the NVIDIA open kernel modules\.\n$/u,
    );
    expect(ran.calls).not.toContain("systemctl reboot");
  });

  test("because an older module is loaded gets one reboot and no second", async () => {
    const smi = 'echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18';
    const ran = await nvidia({ files, commands: { "nvidia-smi": smi } }, 2);
    expect(ran.calls.filter((call) => call === "systemctl reboot")).toHaveLength(1);
    expect(ran.reason).toContain("Driver/library version mismatch");
  });

  test("because there is no GPU is reported, and nothing is installed", async () => {
    const ran = await nvidia({ files: { ...UBUNTU, ...devices() } });
    expect(ran).toMatchObject({ status: 1, reason: "this machine shows no NVIDIA GPU\n" });
    expect(drivers(ran)).toEqual([]);
  });
});

describe.concurrent("the container engine is configured for the GPU", () => {
  const files = { ...UBUNTU, ...devices([T4, GPU]) };

  test("podman by CDI", async () => {
    const docker = `if [[ $1 == --version ]]; then echo "podman version 4.9.3"; fi`;
    const ran = await nvidia({ files, commands: { docker } });
    expect(ran.calls).toContain("nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml");
    expect(ran.calls.join("\n")).not.toContain("restart docker");
  });

  test("Docker by its runtime, restarted only if that was new", async () => {
    const ctk = `echo '{"runtimes":{}}' >/etc/docker/daemon.json`;
    const ran = await nvidia({ files, commands: { "nvidia-ctk": ctk } }, 2);
    expect(ran.status).toBe(0);
    expect(ran.calls.filter((call) => call === "systemctl restart docker.service")).toHaveLength(1);
  });
});
