/** What the lab itself needs on this computer: the package, a command of it, and why. */
export const LAB_PACKAGES = [
  { name: "mmdebstrap", command: "mmdebstrap", why: "makes the machines' root file system" },
  { name: "systemd-container", command: "systemd-nspawn", why: "runs the machines" },
  { name: "dnsmasq-base", command: "dnsmasq", why: "their DHCP and DNS" },
  { name: "iproute2", command: "ip", why: "their network" },
  { name: "apt-utils", command: "apt-ftparchive", why: "makes the repository that they install packages from" },
  { name: "gnupg", command: "gpg", why: "signs it" },
  { name: "openssl", command: "openssl", why: "makes its certificate" },
];

/** What a virtual machine needs beside them. */
export const VM_PACKAGES = [
  { name: "qemu-system-x86", command: "qemu-system-x86_64", why: "runs a virtual machine" },
  { name: "e2fsprogs", command: "mke2fs", why: "makes its disk" },
];

const SYSTEM = ["systemd", "systemd-sysv", "dbus", "udev", "procps", "kmod", "sudo", "netbase", "iproute2"];
const CLOUD = [
  "cloud-init",
  "cloud-guest-utils",
  "isc-dhcp-client",
  "systemd-resolved",
  "curl",
  "ca-certificates",
  "openssl",
];
const DASK = ["python3-distributed"];

/**
 * The images: of which release of Debian, for containers or virtual machines, with what on them, and whether
 * their machines find an internet from which Docker can be installed and a container image of Dask be pulled.
 */
export const IMAGES = {
  bookworm: {
    suite: "bookworm",
    kind: "container",
    packages: [...SYSTEM, ...CLOUD, ...DASK],
    upstream: true,
  },
  /** For its newer cloud-init only. */
  trixie: { suite: "trixie", kind: "container", packages: [...SYSTEM, ...CLOUD] },
  vm: { suite: "bookworm", kind: "vm", packages: [...SYSTEM, ...CLOUD, ...DASK] },
};
