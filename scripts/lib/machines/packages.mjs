/** What the lab itself needs on this computer: the package, a command of it, and why. */
export const LAB_PACKAGES = [
  { name: "mmdebstrap", command: "mmdebstrap", why: "makes the machines' root file system" },
  { name: "systemd-container", command: "systemd-nspawn", why: "runs the machines" },
  { name: "dnsmasq-base", command: "dnsmasq", why: "their DHCP and DNS" },
  { name: "iproute2", command: "ip", why: "their network" },
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
const DOCKER = ["podman", "podman-docker", "crun"];

/** What is on a root file system, by the release of Debian. The newer one is there for its cloud-init only. */
export const IMAGES = {
  bookworm: [...SYSTEM, ...CLOUD, ...DASK, ...DOCKER],
  trixie: [...SYSTEM, ...CLOUD],
};
