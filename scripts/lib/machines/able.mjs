import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Why real machines cannot run on this computer; undefined where they can, or only packages are missing. */
export function whyNot() {
  if (process.platform !== "linux") return "they need Linux";
  if (process.getuid() !== 0) return "they need root";
  if (!has("apt-get")) return "they need a Debian or an Ubuntu, with apt";
  if (!readFileSync("/proc/filesystems", "utf8").includes("\toverlay")) return "the kernel has no overlay file system";
  if (!mayUnshare()) return "this computer lets nobody make namespaces";
  return undefined;
}

export function has(command) {
  return succeeds("sh", ["-c", 'command -v "$0"', command]);
}

function mayUnshare() {
  const mounts = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && ip link add lab0 type bridge";
  // Where iproute2 is still missing, it will be installed.
  const script = has("ip") ? mounts : mounts.split(" && ")[0];
  return succeeds("unshare", ["--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", script]);
}

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
